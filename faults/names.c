/* Preloaded into Waybell's programs: names that end in .faults.test are answered as a file says, all others as ever.
 *
 * The file (FAULTY_NAMES) holds one word: fail, late, private, or anything else for a good answer. It counts for
 * names that begin with "bad"; the others are always answered well, at once. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*lookup)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **answer) {
    lookup real = (lookup)dlsym(RTLD_NEXT, "getaddrinfo");
    const char *ours = name ? strstr(name, ".faults.test") : NULL;
    if (!ours) return real(name, service, hints, answer);
    char word[16] = "";
    FILE *file = fopen(getenv("FAULTY_NAMES"), "r");
    if (file) {
        if (fscanf(file, "%15s", word) != 1) word[0] = 0;
        fclose(file);
    }
    if (strncmp(name, "bad", 3) != 0) word[0] = 0;
    if (!strcmp(word, "fail")) return EAI_AGAIN;
    if (!strcmp(word, "late")) sleep(6);
    return real(!strcmp(word, "private") ? "127.0.0.2" : "127.0.0.1", service, hints, answer);
}
