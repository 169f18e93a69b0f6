"""Watch-only wallets: what lies at addresses, asked of an Esplora-compatible server or a Bitcoin Core node."""
