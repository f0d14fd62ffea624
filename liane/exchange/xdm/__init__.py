"""``IHE_XDM.ZIP``: documents and their ebRIM metadata in one archive, as MSSanté carries them."""
