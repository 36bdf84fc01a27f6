#ifndef CSODIUM_SHIM_H
#define CSODIUM_SHIM_H

#include <sodium.h>

// Macros that call functions, which Swift cannot import.
static inline unsigned long csodium_secretbox_key_bytes(void) { return crypto_secretbox_KEYBYTES; }
static inline unsigned long csodium_secretbox_nonce_bytes(void) { return crypto_secretbox_NONCEBYTES; }
static inline unsigned long csodium_secretbox_mac_bytes(void) { return crypto_secretbox_MACBYTES; }

#endif
