package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
)

const maxChain = 10

var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
)

// root is the SHA-256 of a pinned SubjectPublicKeyInfo, in hexadecimal.
type root string

// checkChain sees whether a chain, given from its end up, leads to one of the roots: once by walking it, and once by what crypto/x509 itself finds.
func checkChain(chain []*x509.Certificate, roots []root, asOf int64, understood ...string) error {
	if len(chain) == 0 || len(chain) > maxChain {
		return fmt.Errorf("a chain of %d", len(chain))
	}
	top := chain[len(chain)-1]
	key := sha256.Sum256(top.RawSubjectPublicKeyInfo)
	if !slices.Contains(roots, root(hex.EncodeToString(key[:]))) {
		return errors.New("its root is not pinned")
	}
	now := time.Unix(asOf, 0)
	for place, certificate := range chain {
		issuer := top
		if place+1 < len(chain) {
			issuer = chain[place+1]
		}
		if err := issued(certificate, issuer, place, now); err != nil {
			return fmt.Errorf("certificate %d: %w", place, err)
		}
		for _, extension := range certificate.Extensions {
			known := extension.Id.Equal(oidKeyUsage) || extension.Id.Equal(oidBasicConstraints)
			if extension.Critical && !known && !slices.Contains(understood, extension.Id.String()) {
				return fmt.Errorf("certificate %d: extension %v", place, extension.Id)
			}
		}
	}
	return verified(chain, now)
}

func issued(certificate, issuer *x509.Certificate, place int, now time.Time) error {
	if !bytes.Equal(certificate.RawIssuer, issuer.RawSubject) {
		return errors.New("another's name")
	}
	if !issuer.BasicConstraintsValid || !issuer.IsCA {
		return errors.New("issued by no authority")
	}
	limited := issuer.MaxPathLen > 0 || issuer.MaxPathLenZero
	if limited && certificate != issuer && place > issuer.MaxPathLen {
		return errors.New("a longer path than the authority may have below it")
	}
	// This looks at the issuer's key usage as well.
	if err := certificate.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	if now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return errors.New("not at that time")
	}
	return nil
}

func verified(chain []*x509.Certificate, now time.Time) error {
	if len(chain) == 1 {
		return nil
	}
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	for _, certificate := range chain {
		// The walk has judged them.
		certificate.UnhandledCriticalExtensions = nil
	}
	options.Roots.AddCert(chain[len(chain)-1])
	for _, certificate := range chain[1 : len(chain)-1] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := chain[0].Verify(options)
	return err
}

// isSigner tells whether a certificate's key may sign documents.
func isSigner(certificate *x509.Certificate) bool {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(oidKeyUsage) {
			return certificate.KeyUsage&x509.KeyUsageDigitalSignature != 0
		}
	}
	return true
}

// signedBy checks a signature of two numbers of equal length over a message, with the hash that goes with the curve.
func signedBy(key any, curve elliptic.Curve, message, signature []byte) error {
	public, ok := key.(*ecdsa.PublicKey)
	if !ok || public.Curve != curve {
		return errors.New("a key of another kind")
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return errors.New("a signature of another length")
	}
	var digest []byte
	switch curve {
	case elliptic.P256():
		sum := sha256.Sum256(message)
		digest = sum[:]
	case elliptic.P384():
		sum := sha512.Sum384(message)
		digest = sum[:]
	default:
		return errors.New("a curve without a hash")
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	if !ecdsa.Verify(public, digest, r, s) {
		return errors.New("another signature")
	}
	return nil
}

// parsePEM reads a chain in the strict form of RFC 7468, where only white space may stand around blocks.
func parsePEM(text string) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	rest := trimmed(text)
	for rest != "" {
		after, ok := strings.CutPrefix(rest, "-----BEGIN CERTIFICATE-----")
		if ok {
			after, ok = afterNewline(after)
		}
		if !ok {
			return nil, errors.New("no beginning of a certificate")
		}
		body, behind, ok := strings.Cut(after, "-----END CERTIFICATE-----")
		if !ok || !strings.HasSuffix(body, "\n") {
			return nil, errors.New("no end of a certificate")
		}
		if next, ok := afterNewline(behind); ok {
			behind = next
		} else if behind != "" {
			return nil, errors.New("more on the last line")
		}
		der, err := unfolded(body)
		if err != nil {
			return nil, err
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		chain = append(chain, certificate)
		rest = trimmed(behind)
	}
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, fmt.Errorf("a chain of %d", len(chain))
	}
	return chain, nil
}

func trimmed(text string) string {
	return strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) && r != '\u0085' || r == '\ufeff' })
}

func afterNewline(text string) (string, bool) {
	return strings.CutPrefix(strings.TrimPrefix(text, "\r"), "\n")
}

func unfolded(body string) ([]byte, error) {
	var joined strings.Builder
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" || len(line) > 76 || strings.ContainsAny(line, "\r\n") {
			return nil, errors.New("a line of another length")
		}
		joined.WriteString(line)
	}
	return base64.StdEncoding.Strict().DecodeString(joined.String())
}
