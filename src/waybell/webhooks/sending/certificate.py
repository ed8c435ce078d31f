"""Whether a server's certificate names its host where RFC 9525 wants it, in the subjectAltName."""


def has_names(pem: str) -> bool:
    """Return whether the certificate names hosts or addresses otherwise than in its subject.

    libcurl, which compares them with the host of the URL, resorts to the subject's common name when there are none.
    Authorities do not check that as the name of a host: a certificate made for something else may carry any.
    """
    from cryptography import x509  # noqa: PLC0415 - only for TLS, and it takes a while

    try:
        extensions = x509.load_pem_x509_certificate(pem.encode()).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.DuplicateExtension, x509.ExtensionNotFound, x509.UnsupportedGeneralNameType):
        return False
    return any(isinstance(name, x509.DNSName | x509.IPAddress) for name in names)
