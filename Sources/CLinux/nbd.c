#include <errno.h>
#include <linux/nbd-netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clinux.h"

struct mp_nbd {
  struct nl_sock *socket;
  int family;
};

/* What a request was answered with: libnl's own error numbers would blur the kernel's. */
typedef struct {
  int status;
  bool over;
  uint32_t index;
} answer;

static int take_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *argument) {
  (void)from;
  answer *answer = argument;
  answer->status = error->error;
  answer->over = true;
  return NL_STOP;
}

static int take_acknowledgement(struct nl_msg *message, void *argument) {
  (void)message;
  ((answer *)argument)->over = true;
  return NL_STOP;
}

static int take_reply(struct nl_msg *message, void *argument) {
  struct nlattr *attributes[NBD_ATTR_MAX + 1];
  if (genlmsg_parse(nlmsg_hdr(message), 0, attributes, NBD_ATTR_MAX, NULL) < 0) return NL_OK;
  if (attributes[NBD_ATTR_INDEX])
    ((answer *)argument)->index = nla_get_u32(attributes[NBD_ATTR_INDEX]);
  return NL_OK;
}

/* libnl's error numbers, of which only those can happen that are not the kernel's answer. */
static int errno_of(int error) { return error == -NLE_NOMEM ? -ENOMEM : -EPROTO; }

/* Sends and frees `message`, waits for the answer; 0 or the kernel's negative errno. */
static int ask(mp_nbd *nbd, struct nl_msg *message, uint32_t *index) {
  answer answer = {.status = 0, .over = false, .index = index ? *index : 0};
  struct nl_cb *callbacks = nl_cb_alloc(NL_CB_CUSTOM);
  if (!callbacks) {
    nlmsg_free(message);
    return -ENOMEM;
  }
  nl_cb_err(callbacks, NL_CB_CUSTOM, take_error, &answer);
  nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, take_acknowledgement, &answer);
  nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, take_reply, &answer);
  int status = nl_send_auto(nbd->socket, message);
  nlmsg_free(message);
  while (status >= 0 && !answer.over) status = nl_recvmsgs(nbd->socket, callbacks);
  nl_cb_put(callbacks);
  if (!answer.over) return errno_of(status);
  if (answer.status == 0 && index) *index = answer.index;
  return answer.status;
}

int mp_nbd_open(mp_nbd **opened) {
  mp_nbd *nbd = calloc(1, sizeof *nbd);
  if (!nbd) return -ENOMEM;
  nbd->socket = nl_socket_alloc();
  int status = nbd->socket ? genl_connect(nbd->socket) : -NLE_NOMEM;
  if (status < 0) {
    mp_nbd_close(nbd);
    return errno_of(status);
  }
  nbd->family = genl_ctrl_resolve(nbd->socket, NBD_GENL_FAMILY_NAME);
  if (nbd->family < 0) {
    mp_nbd_close(nbd);
    return -ENOENT;
  }
  *opened = nbd;
  return 0;
}

void mp_nbd_close(mp_nbd *nbd) {
  if (nbd->socket) nl_socket_free(nbd->socket);
  free(nbd);
}

static struct nl_msg *message(mp_nbd *nbd, uint8_t command) {
  struct nl_msg *message = nlmsg_alloc();
  if (!message) return NULL;
  if (genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, nbd->family, 0, 0, command, NBD_GENL_VERSION))
    return message;
  nlmsg_free(message);
  return NULL;
}

/* Everything that connecting and reconfiguring have in common; 0 or less. */
static int put_setup(struct nl_msg *message, const mp_nbd_setup *setup) {
  int failed = nla_put_u64(message, NBD_ATTR_DEAD_CONN_TIMEOUT, setup->dead_seconds);
  failed |= nla_put_string(message, NBD_ATTR_BACKEND_IDENTIFIER, setup->identifier);
  struct nlattr *sockets = nla_nest_start(message, NBD_ATTR_SOCKETS);
  if (!sockets) return -1;
  for (size_t i = 0; i < setup->socket_count; i++) {
    struct nlattr *item = nla_nest_start(message, NBD_SOCK_ITEM);
    if (!item) return -1;
    failed |= nla_put_u32(message, NBD_SOCK_FD, (uint32_t)setup->sockets[i]);
    nla_nest_end(message, item);
  }
  nla_nest_end(message, sockets);
  return failed;
}

int mp_nbd_connect(mp_nbd *nbd, const mp_nbd_setup *setup, uint32_t *index) {
  struct nl_msg *request = message(nbd, NBD_CMD_CONNECT);
  if (!request) return -ENOMEM;
  int failed = put_setup(request, setup);
  if (*index != MP_NBD_ANY) failed |= nla_put_u32(request, NBD_ATTR_INDEX, *index);
  failed |= nla_put_u64(request, NBD_ATTR_SIZE_BYTES, setup->size_bytes);
  failed |= nla_put_u64(request, NBD_ATTR_BLOCK_SIZE_BYTES, setup->block_bytes);
  failed |= nla_put_u64(request, NBD_ATTR_SERVER_FLAGS, setup->server_flags);
  failed |= nla_put_u64(request, NBD_ATTR_CLIENT_FLAGS, 0);
  failed |= nla_put_u64(request, NBD_ATTR_TIMEOUT, 0);
  if (failed) {
    nlmsg_free(request);
    return -ENOMEM;
  }
  return ask(nbd, request, index);
}

int mp_nbd_reconfigure(mp_nbd *nbd, uint32_t index, const mp_nbd_setup *setup) {
  struct nl_msg *request = message(nbd, NBD_CMD_RECONFIGURE);
  if (!request) return -ENOMEM;
  int failed = put_setup(request, setup) | nla_put_u32(request, NBD_ATTR_INDEX, index);
  if (failed) {
    nlmsg_free(request);
    return -ENOMEM;
  }
  return ask(nbd, request, NULL);
}

int mp_nbd_resize(mp_nbd *nbd, uint32_t index, uint64_t size_bytes, const char *identifier) {
  struct nl_msg *request = message(nbd, NBD_CMD_RECONFIGURE);
  if (!request) return -ENOMEM;
  int failed = nla_put_u32(request, NBD_ATTR_INDEX, index);
  failed |= nla_put_u64(request, NBD_ATTR_SIZE_BYTES, size_bytes);
  failed |= nla_put_string(request, NBD_ATTR_BACKEND_IDENTIFIER, identifier);
  if (failed) {
    nlmsg_free(request);
    return -ENOMEM;
  }
  return ask(nbd, request, NULL);
}

int mp_nbd_disconnect(mp_nbd *nbd, uint32_t index) {
  struct nl_msg *request = message(nbd, NBD_CMD_DISCONNECT);
  if (!request) return -ENOMEM;
  if (nla_put_u32(request, NBD_ATTR_INDEX, index)) {
    nlmsg_free(request);
    return -ENOMEM;
  }
  return ask(nbd, request, NULL);
}
