"""Whether a server's certificate names its host where RFC 9525 wants it, in the subjectAltName."""

NAMELESS = "The certificate has no subjectAltName; its common name is not the name of a host. Renew it with one"
UNREADABLE = "The certificate, or one that vouches for it, breaks the rules of X.509 and cannot be read. Renew it"


def fault(pem: str) -> str | None:
    """Return what is wrong with a certificate if it names hosts and addresses nowhere but in its subject.

    libcurl, which compares them with the host of the URL, resorts to the subject's common name when there are none.
    Authorities do not check that as the name of a host: a certificate made for something else may carry any.
    """
    from cryptography import x509  # noqa: PLC0415 - only for TLS, and it takes a while

    try:
        extensions = x509.load_pem_x509_certificate(pem.encode()).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return NAMELESS
    except Exception:  # noqa: BLE001 - the parser meets what strangers made up, and libcurl is no place to raise through
        return UNREADABLE
    return None if any(isinstance(name, x509.DNSName | x509.IPAddress) for name in names) else NAMELESS
