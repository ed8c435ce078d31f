"""The check that a certificate names its hosts in the subjectAltName, as RFC 9525 demands."""

NAMELESS = "The certificate has no subjectAltName; its common name is not the name of a host. Renew it with one"
UNREADABLE = "The certificate, or one that vouches for it, breaks the rules of X.509 and cannot be read. Renew it"


def fault(pem: str) -> str | None:
    """Return the fault of a PEM certificate that cannot be read or names no host outside its subject, else None.

    libcurl compares the names with the host of the URL, and falls back to the common name of the subject when there are
    none. Authorities do not check the common name as a host, so a certificate for another purpose may carry any name.
    """
    from cryptography import x509  # noqa: PLC0415 - only for TLS, and it takes a while

    try:
        extensions = x509.load_pem_x509_certificate(pem.encode()).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return NAMELESS
    except Exception:  # noqa: BLE001 - the input comes from strangers, and no exception may pass through libcurl
        return UNREADABLE
    return None if any(isinstance(name, x509.DNSName | x509.IPAddress) for name in names) else NAMELESS
