package main

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"slices"
)

type snpInput struct {
	Report []byte
	// Signer, Authority and Root are in DER.
	Signer, Authority, Root []byte
	// Revocations is the root's list, if there is one.
	Revocations []byte
	AsOf        int64
	Roots       []root
}

const (
	snpLength    = 1184
	snpSignature = 672
)

// judgeSNP checks a report of AMD 56860, table 23: its first 672 bytes are signed, and the signature's numbers have their lowest octet first.
func judgeSNP(in snpInput) (checks, error) {
	if len(in.Report) != snpLength {
		return nil, errors.New("a report of another length")
	}
	if version := binary.LittleEndian.Uint32(in.Report); version < 2 || version > 5 {
		return nil, errors.New("another version")
	}
	found := checks{}
	var chain []*x509.Certificate
	for _, der := range [][]byte{in.Signer, in.Authority, in.Root} {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			found.note("chain", err)
			return found, nil
		}
		chain = append(chain, certificate)
	}
	found.note("chain", checkChain(chain, in.Roots, in.AsOf))
	found.note("signature", snpSigned(in.Report, chain[0]))
	if in.Revocations != nil {
		found.note("revocation", checkRevocation(in.Revocations, chain[1], chain[2], in.AsOf))
	}
	return found, nil
}

func snpSigned(report []byte, signer *x509.Certificate) error {
	if binary.LittleEndian.Uint32(report[0x34:]) != 1 {
		return errors.New("another algorithm")
	}
	if !isSigner(signer) {
		return errors.New("a key that may not sign documents")
	}
	signature := slices.Concat(highestFirst(report[snpSignature:][:48]), highestFirst(report[snpSignature+72:][:48]))
	return signedBy(signer.PublicKey, elliptic.P384(), report[:snpSignature], signature)
}

func highestFirst(octets []byte) []byte {
	turned := slices.Clone(octets)
	slices.Reverse(turned)
	return turned
}
