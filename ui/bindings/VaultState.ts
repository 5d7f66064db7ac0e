export type VaultState = "open" | "keychain_locked" | "needs_passphrase" | "passphrase_locked" | "keychain_missing" | "key_lost" | "in_use" | "damaged" | "too_new";
