"""Files people attach: checked, made inert, encrypted, served only through an authorised view.

`store` takes in, keeps and opens; `serve` answers a browser; `kinds`, `images`, `pdf`, `audio`,
`texts` and `names` are the checks; `vault` writes to disk; `scanner` asks the virus scanner;
`uploads` receives from the network.
"""
