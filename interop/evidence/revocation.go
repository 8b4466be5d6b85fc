package main

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"
)

var (
	oidAuthorityKey   = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidNumber         = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidDelta          = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidPart           = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidInvalidityDate = asn1.ObjectIdentifier{2, 5, 29, 24}
)

// checkRevocation sees whether a list in DER is the issuer's, whole and in force, and does not name the certificate.
func checkRevocation(der []byte, certificate, issuer *x509.Certificate, asOf int64) error {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return err
	}
	for _, extension := range list.Extensions {
		harmless := extension.Id.Equal(oidAuthorityKey) || extension.Id.Equal(oidNumber)
		partial := extension.Id.Equal(oidDelta) || extension.Id.Equal(oidPart)
		if partial || extension.Critical && !harmless {
			return fmt.Errorf("extension %v", extension.Id)
		}
	}
	if !bytes.Equal(list.RawIssuer, issuer.RawSubject) || !bytes.Equal(certificate.RawIssuer, issuer.RawSubject) {
		return errors.New("another's list")
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	now := time.Unix(asOf, 0)
	if now.Before(list.ThisUpdate) || list.NextUpdate.IsZero() || now.After(list.NextUpdate) {
		return errors.New("not at that time")
	}
	for _, entry := range list.RevokedCertificateEntries {
		since := entry.RevocationTime
		for _, extension := range entry.Extensions {
			if extension.Critical {
				return fmt.Errorf("extension %v of an entry", extension.Id)
			}
			if extension.Id.Equal(oidInvalidityDate) {
				var invalid time.Time
				if _, err := asn1.UnmarshalWithParams(extension.Value, &invalid, "generalized"); err != nil {
					return err
				}
				if invalid.Before(since) {
					since = invalid
				}
			}
		}
		if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 && !since.After(now) {
			return errors.New("revoked")
		}
	}
	return nil
}
