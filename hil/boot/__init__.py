"""A gateway's card booted in QEMU: real kernel, real systemd, emulated parts on its USB ports."""
