/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's interface over a search tree that does not balance: what layer 0
 * does with a tree is tested here, not the kernel's balancing of it.
 */
#ifndef _SHIM_LINUX_RBTREE_H
#define _SHIM_LINUX_RBTREE_H

#include <stddef.h>

#include <linux/list.h>

struct rb_node {
	struct rb_node *parent, *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT	((struct rb_root) { NULL })
#define RB_EMPTY_ROOT(root)	(!(root)->rb_node)
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->parent = parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	(void)node;
	(void)root;
}

/* @to, which may be NULL, takes the place of @node under its parent. */
static inline void rb_shim_replace(struct rb_node *node, struct rb_node *to,
				   struct rb_root *root)
{
	if (!node->parent)
		root->rb_node = to;
	else if (node->parent->rb_left == node)
		node->parent->rb_left = to;
	else
		node->parent->rb_right = to;
	if (to)
		to->parent = node->parent;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next = node->rb_right;

	if (!node->rb_left || !node->rb_right) {
		rb_shim_replace(node, node->rb_left ? node->rb_left : next,
				root);
		return;
	}
	while (next->rb_left)
		next = next->rb_left;
	if (next != node->rb_right) {
		rb_shim_replace(next, next->rb_right, root);
		next->rb_right = node->rb_right;
		next->rb_right->parent = next;
	}
	rb_shim_replace(node, next, root);
	next->rb_left = node->rb_left;
	next->rb_left->parent = next;
}

static inline struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_left)
		n = n->rb_left;
	return n;
}

static inline struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *n = node->rb_right;

	if (n) {
		while (n->rb_left)
			n = n->rb_left;
		return n;
	}
	while (node->parent && node == node->parent->rb_right)
		node = node->parent;
	return node->parent;
}

#endif /* _SHIM_LINUX_RBTREE_H */
