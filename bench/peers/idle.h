/* A Deno process always has threads, and the kernel charges for the second one. */
#ifndef IDLE_H
#define IDLE_H

#include <pthread.h>
#include <unistd.h>

static void *idle(void *unused) {
    while (pause() == -1) {
    }
    return unused;
}

static void start_idle_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, idle, NULL);
}

#endif
