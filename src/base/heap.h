/* base/heap.h - 64-bit numbers that come out smallest first. */
#ifndef PBK_BASE_HEAP_H
#define PBK_BASE_HEAP_H

#include "base/array.h"

typedef ARRAY(uint64_t) number_list;

/* The list is a heap as long as only these two change it. */
void pbk_heap_push(struct memory *memory, number_list *heap, uint64_t number);
uint64_t pbk_heap_pop(number_list *heap); /* the heap is not empty */

/* Signed numbers in the same order. */
static inline uint64_t heap_of_signed(int64_t number) { return (uint64_t)number ^ (uint64_t)1 << 63; }
static inline int64_t signed_of_heap(uint64_t number) { return (int64_t)(number ^ (uint64_t)1 << 63); }

#endif
