/* Samba's ports are fixed. This lets one run beside others, by an ordinary user: bind() adds PORT_SHIFT to ports below
   4000, and getsockname() takes it off again, because Samba tells LDAPS from LDAP by its own port. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int shift(void) {
    const char *text = getenv("PORT_SHIFT");
    return text ? atoi(text) : 0;
}

static in_port_t *port_of(struct sockaddr *address) {
    if (address->sa_family == AF_INET) return &((struct sockaddr_in *)address)->sin_port;
    if (address->sa_family == AF_INET6) return &((struct sockaddr_in6 *)address)->sin6_port;
    return 0;
}

int bind(int socket, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
    struct sockaddr_storage copy;
    if (shift() && address && length <= sizeof copy) {
        memcpy(&copy, address, length);
        in_port_t *port = port_of((struct sockaddr *)&copy);
        if (port && ntohs(*port) > 0 && ntohs(*port) < 4000) {
            *port = htons(ntohs(*port) + shift());
            return real(socket, (struct sockaddr *)&copy, length);
        }
    }
    return real(socket, address, length);
}

int getsockname(int socket, struct sockaddr *address, socklen_t *length) {
    int (*real)(int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "getsockname");
    int result = real(socket, address, length);
    if (!result && shift()) {
        in_port_t *port = port_of(address);
        if (port) {
            int value = ntohs(*port);
            if (value > shift() && value < shift() + 4000) *port = htons(value - shift());
        }
    }
    return result;
}
