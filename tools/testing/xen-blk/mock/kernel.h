/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of a guest's kernel as the front's ring.c and grant.c use: memory in
 * pages of a size that the Makefile chooses (PAGE_SHIFT), a grant table with a
 * back at its other end, requests of the block layer. There is no machine with
 * Xen and large pages to run them on. What they must not do stops the program.
 *
 * Included ahead of everything; the headers that it stands for are empty files.
 */
#ifndef _MOCK_KERNEL_H
#define _MOCK_KERNEL_H

#define _GNU_SOURCE
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/errno.h>
#include <linux/types.h>

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <xen/interface/grant_table.h>

/* --- plain names --- */

typedef u64 phys_addr_t;
typedef u32 evtchn_port_t;
typedef u16 domid_t;
typedef u8 blk_status_t;
typedef int irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *data);
typedef struct { int counter; } atomic_t;
#define atomic_read(v)		((v)->counter)
#define atomic_set(v, i)	((v)->counter = (i))
typedef int gfp_t;

#define BLK_STS_OK		0
#define BLK_STS_RESOURCE	1
#define BLK_STS_IOERR		2

#define HZ			100
#define IRQ_HANDLED		1
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define U32_MAX			UINT32_MAX
#define data_race(x)		(x)
#define __printf(fmt, args)	__attribute__((__format__(__printf__, fmt, args)))

/* A tracepoint is there to be passed. */
#define TP_PROTO(...)		__VA_ARGS__
#define TRACE_EVENT(name, proto, ...) \
	static inline void trace_##name(proto) { }
#define WARN_ON_ONCE(c)		assert(!(c))
#define likely(c)		(c)
#define unlikely(c)		(c)
#define barrier()		__asm__ volatile("" ::: "memory")
#define virt_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define virt_rmb()		virt_mb()
#define virt_wmb()		virt_mb()
#define ____cacheline_aligned_in_smp

/* The list, as far as the shim of layer 0 leaves it out. */
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define LIST_HEAD(name) \
	struct list_head name = { &(name), &(name) }
#define list_for_each_entry_safe(pos, n, head, member)			\
	for (pos = list_first_entry(head, __typeof__(*(pos)), member),	\
	     n = list_next_entry(pos, member);				\
	     &(pos)->member != (head);					\
	     pos = n, n = list_next_entry(n, member))

static inline void list_move(struct list_head *list, struct list_head *head)
{
	list_del(list);
	list_add(list, head);
}

/* The first of @head up to @last, which may be the head itself, become @list. */
static inline void list_cut_position(struct list_head *list,
				     struct list_head *head,
				     struct list_head *last)
{
	if (list_empty(head))
		return;
	INIT_LIST_HEAD(list);
	if (last == head)
		return;
	list->next = head->next;
	list->next->prev = list;
	head->next = last->next;
	head->next->prev = head;
	list->prev = last;
	last->next = list;
}

static inline void list_splice(struct list_head *list, struct list_head *head)
{
	if (list_empty(list))
		return;
	list->prev->next = head->next;
	head->next->prev = list->prev;
	head->next = list->next;
	list->next->prev = head;
}

static inline void list_splice_init(struct list_head *list,
				    struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

/* --- who may run at the same time: nobody --- */

typedef struct { bool held; } spinlock_t;
#define DEFINE_SPINLOCK(name)	spinlock_t name = { }
struct mutex { int none; };
struct ratelimit_state { int none; };
struct workqueue_struct { int none; };
struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);
struct work_struct { work_func_t fn; };
struct delayed_work { struct work_struct work; bool is_armed; };
struct hrtimer { int none; };
enum hrtimer_restart { HRTIMER_NORESTART };
struct cpumask;

static u32 mock_locks_held;

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = false;
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	assert(!lock->held);
	lock->held = true;
	mock_locks_held++;
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	assert(lock->held);
	lock->held = false;
	mock_locks_held--;
}

#define set_bit(nr, word)			(*(word) |= 1UL << (nr))
#define test_bit(nr, word)			(*(word) >> (nr) & 1)
#define spin_lock(lock)				spin_lock_irq(lock)
#define spin_unlock(lock)			spin_unlock_irq(lock)
#define spin_lock_irqsave(lock, flags)		((flags) = 0, spin_lock_irq(lock))
#define spin_unlock_irqrestore(lock, flags)	((void)(flags), spin_unlock_irq(lock))
#define INIT_WORK(w, fn)		((void)(w), (void)(fn))
#define queue_work(wq, w)		((void)(w))
#define hrtimer_setup(t, fn, c, m)	((void)(t), (void)(fn))
#define hrtimer_start(t, ns, m)		((void)(t), (void)(ns))
#define hrtimer_cancel(t)		((void)(t))
#define ns_to_ktime(ns)			(ns)
#define PF_KTHREAD			1
struct task_struct { u32 flags; };
static struct task_struct mock_task;
#define current				(&mock_task)
#define is_idle_task(task)		((void)(task), true)
#define single_task_running()		true
#define ktime_get_ns()			0
#define NSEC_PER_USEC			1000L
#define pr_warn(...)			((void)0)
#define msleep(ms)			((void)(ms))
#define INVALID_GRANT_REF		((grant_ref_t)-1)
#define disable_work_sync(w)		((void)(w))
#define to_delayed_work(w)		container_of(w, struct delayed_work, work)
#define delayed_work_pending(w)		((w)->is_armed)
#define queue_delayed_work(wq, w, t)	((void)(wq), (w)->is_armed = true)
#define cancel_delayed_work_sync(w)	((w)->is_armed = false)

static inline void INIT_DELAYED_WORK(struct delayed_work *w, work_func_t fn)
{
	*w = (struct delayed_work) { .work.fn = fn };
}

/* Its time has come. */
static inline void mock_run_delayed_work(struct delayed_work *w)
{
	assert(w->is_armed);
	w->is_armed = false;
	w->work.fn(&w->work);
}

/* --- memory --- */

#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_KERNEL		0
#define VM_MAP			0
#define GFP_NOIO		0
#define __GFP_NOFAIL		2
#define kmalloc(size, gfp)	((gfp) & __GFP_NOFAIL || !mock_fails() ? \
				 malloc(size) : NULL)
#define struct_size(p, member, n)	(sizeof(*(p)) + (n) * sizeof(*(p)->member))
#define kfree(p)		free(p)
#define memalloc_noio_save()	0
#define memalloc_noio_restore(flags)	((void)(flags))
#define GFP_ATOMIC		0
#define __GFP_NOWARN		0
#define __GFP_NORETRY		0
#define __GFP_ZERO		1

#define XEN_PAGE_SHIFT		12
#define XEN_PAGE_SIZE		(1UL << XEN_PAGE_SHIFT)
#define XEN_PFN_PER_PAGE	(PAGE_SIZE / XEN_PAGE_SIZE)
#define XEN_PFN_DOWN(x)		((x) >> XEN_PAGE_SHIFT)
#define XEN_PFN_UP(x)		(((x) + XEN_PAGE_SIZE - 1) >> XEN_PAGE_SHIFT)
#define offset_in_page(p)	((unsigned long)(p) & (PAGE_SIZE - 1))
#define xen_offset_in_page(p)	((unsigned long)(p) & (XEN_PAGE_SIZE - 1))

/* 64 MiB whatever a page is; the first page is at some place in memory. */
#define MOCK_PAGES		((64UL << 20) >> PAGE_SHIFT)
#define MOCK_FIRST_PFN		0x4000UL
#define MOCK_POISON		0xa5

struct page {
	struct list_head	lru;
	unsigned long		private;
	int			count;		/* 0: free */
	bool			is_slab;
};

static struct page mock_page[MOCK_PAGES];
static u8 *mock_memory;
static int mock_memory_fd;
static u32 mock_page_next;	/* where the search for a free one goes on */
static u32 mock_pages_used;
static long mock_alloc_left = -1;	/* allocations until one fails */
static bool mock_alloc_out;		/* so do all that follow that one */
static bool mock_grants_out;		/* others have all references */
static u32 mock_vmaps;

static inline void mock_memory_init(void)
{
	mock_memory_fd = memfd_create("memory", 0);
	assert(mock_memory_fd >= 0);
	assert(!ftruncate(mock_memory_fd, MOCK_PAGES << PAGE_SHIFT));
	mock_memory = mmap(NULL, MOCK_PAGES << PAGE_SHIFT,
			   PROT_READ | PROT_WRITE, MAP_SHARED, mock_memory_fd, 0);
	assert(mock_memory != MAP_FAILED);
}

static inline bool mock_fails(void)
{
	if (mock_alloc_left < 0)
		return false;
	if (!mock_alloc_left && mock_alloc_out)
		return true;
	return !mock_alloc_left--;
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	assert(page >= mock_page && page < mock_page + MOCK_PAGES);
	return MOCK_FIRST_PFN + (page - mock_page);
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	assert(pfn >= MOCK_FIRST_PFN && pfn < MOCK_FIRST_PFN + MOCK_PAGES);
	return &mock_page[pfn - MOCK_FIRST_PFN];
}

#define page_to_xen_pfn(page) \
	(page_to_pfn(page) << (PAGE_SHIFT - XEN_PAGE_SHIFT))
#define xen_pfn_to_page(pfn) \
	pfn_to_page((unsigned long)(pfn) >> (PAGE_SHIFT - XEN_PAGE_SHIFT))
/* As on arm64. */
#define pfn_to_gfn(pfn)		((unsigned long)(pfn))
#define xen_page_to_gfn(page)	pfn_to_gfn(page_to_xen_pfn(page))

static inline void *page_address(const struct page *page)
{
	assert(page->count > 0);
	return mock_memory + ((page_to_pfn(page) - MOCK_FIRST_PFN) << PAGE_SHIFT);
}

/* The 4 KiB that a guest frame number stands for, in use or not. */
static inline u8 *mock_gfn(unsigned long gfn)
{
	assert(XEN_PFN_DOWN(MOCK_FIRST_PFN << PAGE_SHIFT) <= gfn);
	gfn -= XEN_PFN_DOWN(MOCK_FIRST_PFN << PAGE_SHIFT);
	assert(gfn < MOCK_PAGES * XEN_PFN_PER_PAGE);
	return mock_memory + (gfn << XEN_PAGE_SHIFT);
}

/* Never the one that was freed last: who still uses that one is seen. */
static inline struct page *alloc_page(gfp_t gfp)
{
	struct page *page;

	if (mock_fails())
		return NULL;
	assert(mock_pages_used < MOCK_PAGES);
	do {
		page = &mock_page[mock_page_next++ % MOCK_PAGES];
	} while (page->count);
	assert(!page->private);
	page->count = 1;
	mock_pages_used++;
	memset(page_address(page), gfp & __GFP_ZERO ? 0 : MOCK_POISON, PAGE_SIZE);
	return page;
}

static inline void get_page(struct page *page)
{
	assert(page->count > 0);
	page->count++;
}

static inline void put_page(struct page *page)
{
	assert(page->count > 0);
	if (page->count > 1) {
		page->count--;
		return;
	}
	assert(!page->private);
	memset(page_address(page), MOCK_POISON, PAGE_SIZE);
	page->count = 0;
	mock_pages_used--;
}

#define __free_page(page)		put_page(page)
#define page_private(page)		((page)->private)
#define set_page_private(page, v)	((page)->private = (v))
#define clear_page(p)			memset(p, 0, PAGE_SIZE)

static inline void memcpy_from_page(void *to, struct page *page, size_t offset,
				    size_t len)
{
	assert(offset + len <= PAGE_SIZE);
	memcpy(to, (u8 *)page_address(page) + offset, len);
}

static inline void memcpy_to_page(struct page *page, size_t offset,
				  const void *from, size_t len)
{
	assert(offset + len <= PAGE_SIZE);
	memcpy((u8 *)page_address(page) + offset, from, len);
}

#define kmap_local_page(page)		page_address(page)
#define kunmap_local(p)			((void)(p))
#define copy_page(to, from)		memcpy(to, from, PAGE_SIZE)
#define flush_dcache_page(page)		((void)(page))

static struct { void *at; size_t size; } mock_vmap;

static inline void *vmap(struct page **pages, u32 nr, int flags, int prot)
{
	u32 i;

	if (mock_fails())
		return NULL;
	assert(!mock_vmap.at);
	mock_vmap.size = (size_t)nr << PAGE_SHIFT;
	mock_vmap.at = mmap(NULL, mock_vmap.size, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert(mock_vmap.at != MAP_FAILED);
	for (i = 0; i < nr; i++)
		assert(mmap((u8 *)mock_vmap.at + ((size_t)i << PAGE_SHIFT),
			    PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED, mock_memory_fd,
			    (page_to_pfn(pages[i]) - MOCK_FIRST_PFN) << PAGE_SHIFT) !=
		       MAP_FAILED);
	mock_vmaps++;
	return mock_vmap.at;
}

static inline void vunmap(const void *at)
{
	assert(at == mock_vmap.at);
	munmap(mock_vmap.at, mock_vmap.size);
	mock_vmap.at = NULL;
	mock_vmaps--;
}

/* --- the grant table --- */

#define MOCK_GRANTS	16384
#define MOCK_GREF_END	0

struct mock_grant {
	u32		next;		/* in a list of references */
	unsigned long	gfn;
	struct page	*page;		/* left to the table, to be put */
	domid_t		domid;
	bool		is_taken;	/* not free in the table */
	bool		is_granted;
	bool		is_readonly;
	bool		is_mapped;	/* the back has it */
	bool		is_left;
	bool		is_dead;	/* the back cannot map it any more */
};

static struct mock_grant mock_grant[MOCK_GRANTS];
static u32 mock_grant_version = 1;
static u32 mock_grant_next;
static u32 mock_grants_taken;

static inline struct mock_grant *mock_grant_of(grant_ref_t ref)
{
	assert(ref > 0 && ref < MOCK_GRANTS && mock_grant[ref].is_taken);
	return &mock_grant[ref];
}

/* Scattered, as in a table that was in use for long. */
static inline grant_ref_t mock_grant_take(void)
{
	grant_ref_t ref;

	assert(mock_grants_taken < MOCK_GRANTS / 2);
	do {
		mock_grant_next = (mock_grant_next + 4999) % MOCK_GRANTS;
		ref = mock_grant_next;
	} while (!ref || mock_grant[ref].is_taken);
	mock_grant[ref] = (struct mock_grant) { .is_taken = true };
	mock_grants_taken++;
	return ref;
}

static inline void mock_grant_free(grant_ref_t ref)
{
	assert(!mock_grant_of(ref)->is_granted);
	mock_grant[ref].is_taken = false;
	mock_grants_taken--;
}

/* It may have to call Xen for more frames. */
static inline int gnttab_alloc_grant_references(u16 nr, grant_ref_t *head)
{
	u32 list = MOCK_GREF_END;

	assert(!mock_locks_held);
	if (mock_grants_out || mock_fails())
		return -ENOSPC;
	while (nr--) {
		grant_ref_t ref = mock_grant_take();

		mock_grant[ref].next = list;
		list = ref;
	}
	*head = list;
	return 0;
}

static inline int gnttab_claim_grant_reference(grant_ref_t *head)
{
	grant_ref_t ref = *head;

	*head = mock_grant_of(ref)->next;
	return ref;
}

static inline void gnttab_release_grant_reference(grant_ref_t *head,
						  grant_ref_t ref)
{
	assert(!mock_grant_of(ref)->is_granted);
	mock_grant[ref].next = *head;
	*head = ref;
}

static inline void gnttab_free_grant_reference(grant_ref_t ref)
{
	assert(!mock_locks_held);
	mock_grant_free(ref);
}

static inline void gnttab_free_grant_references(grant_ref_t head)
{
	while (head != MOCK_GREF_END)
		mock_grant_free(gnttab_claim_grant_reference(&head));
}

static inline void gnttab_grant_foreign_access_ref(grant_ref_t ref,
						   domid_t domid,
						   unsigned long gfn,
						   int is_readonly)
{
	struct mock_grant *grant = mock_grant_of(ref);

	assert(!grant->is_granted);
	assert(xen_pfn_to_page(gfn)->count > 0);
	grant->is_granted = true;
	grant->is_readonly = is_readonly;
	grant->domid = domid;
	grant->gfn = gfn;
}

static inline int gnttab_grant_foreign_access(domid_t domid, unsigned long gfn,
					      int is_readonly)
{
	grant_ref_t ref;

	assert(!mock_locks_held);
	if (mock_fails())
		return -ENOSPC;
	ref = mock_grant_take();
	gnttab_grant_foreign_access_ref(ref, domid, gfn, is_readonly);
	return ref;
}

static inline int gnttab_end_foreign_access_ref(grant_ref_t ref)
{
	struct mock_grant *grant = mock_grant_of(ref);

	assert(!grant->is_left && grant->is_granted);
	if (grant->is_mapped) {
		grant->is_dead = mock_grant_version == 2;
		return 0;
	}
	grant->is_granted = false;
	return 1;
}

struct gnttab_get_version {
	domid_t		dom;
	u32		version;
};

#define DOMID_SELF		0x7ff0
#define GNTTABOP_get_version	10

static inline int HYPERVISOR_grant_table_op(unsigned int cmd, void *arg,
					    unsigned int count)
{
	struct gnttab_get_version *get = arg;

	assert(!mock_locks_held);
	assert(cmd == GNTTABOP_get_version && get->dom == DOMID_SELF);
	if (mock_fails())
		return -ENOSYS;
	get->version = mock_grant_version;
	return 0;
}

static inline int gnttab_try_end_foreign_access(grant_ref_t ref)
{
	if (!gnttab_end_foreign_access_ref(ref))
		return 0;
	mock_grant_free(ref);
	return 1;
}

static inline void gnttab_end_foreign_access(grant_ref_t ref, struct page *page)
{
	struct mock_grant *grant = mock_grant_of(ref);

	if (gnttab_end_foreign_access_ref(ref)) {
		mock_grant_free(ref);
		if (page)
			put_page(page);
		return;
	}
	/* The table takes a frame of 4 KiB for a page, see its add_deferred. */
	if (!page) {
		assert(PAGE_SIZE == XEN_PAGE_SIZE);
		page = pfn_to_page(grant->gfn);
		get_page(page);
	}
	grant->is_left = true;
	grant->page = page;
}

/* The back lets go of all that it has; returns how much of it was left. */
static inline u32 mock_back_lets_go(void)
{
	u32 nr = 0, ref;

	for (ref = 1; ref < MOCK_GRANTS; ref++) {
		struct mock_grant *grant = &mock_grant[ref];

		grant->is_mapped = false;
		if (!grant->is_taken || !grant->is_left)
			continue;
		/* Until now nobody else may have had that page. */
		assert(grant->page == xen_pfn_to_page(grant->gfn));
		put_page(grant->page);
		grant->is_granted = false;
		mock_grant_free(ref);
		nr++;
	}
	return nr;
}

static inline u32 gnttab_count_grant(u32 start, u32 len)
{
	return XEN_PFN_UP(xen_offset_in_page(start) + len);
}

/* --- requests of the block layer --- */

#define READ			0
#define WRITE			1
#define MOCK_VECS		600

struct bio_vec {
	struct page	*bv_page;
	u32		bv_len;
	u32		bv_offset;
};

struct blk_mq_hw_ctx {
	u32		queue_num;
};

/* The driver's own part follows it, as in a real one. */
struct request {
	struct blk_mq_hw_ctx *mq_hctx;
	int		tag;
	int		dir;
	u32		rq_flags;
	u64		start_time_ns;
	u32		nr_vecs;
	struct bio_vec	vec[MOCK_VECS];
};

struct req_iterator {
	u32		vec;
	u32		done;		/* of that one, in bytes */
};

#define rq_data_dir(rq)			((rq)->dir)
#define req_op(rq)			((rq)->dir)
#define REQ_OP_FLUSH			2
#define RQF_IO_STAT			1
#define blk_mq_rq_from_pdu(pdu)		((struct request *)(pdu) - 1)
#define blk_mq_rq_to_pdu(rq)		((void *)((rq) + 1))

static inline u32 blk_rq_bytes(const struct request *rq)
{
	u32 i, n = 0;

	for (i = 0; i < rq->nr_vecs; i++)
		n += rq->vec[i].bv_len;
	return n;
}

#define rq_for_each_bvec(bv, rq, iter)					\
	for ((iter).vec = 0; (iter).vec < (rq)->nr_vecs &&		\
			     ((bv) = (rq)->vec[(iter).vec], true);	\
	     (iter).vec++)

/* The same in parts, each within a page. */
static inline bool mock_rq_segment(const struct request *rq,
				   struct req_iterator *iter, struct bio_vec *bv)
{
	u32 at;

	while (iter->vec < rq->nr_vecs && iter->done >= rq->vec[iter->vec].bv_len) {
		iter->vec++;
		iter->done = 0;
	}
	if (iter->vec == rq->nr_vecs)
		return false;
	*bv = rq->vec[iter->vec];
	at = bv->bv_offset + iter->done;
	bv->bv_page += at >> PAGE_SHIFT;
	bv->bv_offset = at % PAGE_SIZE;
	bv->bv_len = min(bv->bv_len - iter->done, (u32)(PAGE_SIZE - bv->bv_offset));
	iter->done += bv->bv_len;
	return true;
}

#define rq_for_each_segment(bv, rq, iter)				\
	for ((iter) = (struct req_iterator) { };			\
	     mock_rq_segment(rq, &(iter), &(bv)); )

/* May it be held by a reference to its page? */
static inline bool sendpage_ok(const struct page *page)
{
	return !page->is_slab && page->count > 0;
}

struct blk_mq_tag_set { int none; };
struct blk_mq_ops;
struct gendisk;

/* --- bus and events --- */

enum xenbus_state { XenbusStateUnknown };
struct xenbus_device { domid_t otherend_id; };

static inline int xenbus_alloc_evtchn(struct xenbus_device *xbdev,
				      evtchn_port_t *port)
{
	*port = 7;
	return mock_fails() ? -ENOSPC : 0;
}

static inline int bind_evtchn_to_irqhandler_lateeoi(evtchn_port_t port,
						    irq_handler_t handler,
						    unsigned long flags,
						    const char *name, void *data)
{
	return mock_fails() ? -ENOMEM : 5;
}

#define irq_from_evtchn(port)			((void)(port), 5u)
#define flush_work(work)			((void)(work))
#define xenbus_free_evtchn(xbdev, port)		((void)(xbdev), (void)(port))
#define unbind_from_irqhandler(irq, data)	((void)(irq), (void)(data))
#define irq_update_affinity_hint(irq, cpus)	((void)(irq))
#define irq_set_affinity_and_hint(irq, cpus)	((void)(irq), (void)(cpus))
#define notify_remote_via_irq(irq)		((void)(irq))
#define xen_irq_lateeoi(irq, eoi)		((void)(irq), (void)(eoi))

#endif /* _MOCK_KERNEL_H */
