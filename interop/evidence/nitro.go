package main

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

type nitroInput struct {
	Document []byte
	AsOf     int64
	Roots    []root
}

// judgeNitro checks a COSE_Sign1 structure of RFC 9052 §4.2. Chain and signature are judged at the time in the document, current at another.
func judgeNitro(in nitroInput) (checks, error) {
	whole, err := decodeCBOR(in.Document)
	if err != nil {
		return nil, err
	}
	if whole.major == cborTag && whole.number == 18 {
		whole = whole.members[0]
	}
	if whole.major != cborList || len(whole.members) != 4 {
		return nil, errors.New("not of four parts")
	}
	header, open, payload, signature := whole.members[0], whole.members[1], whole.members[2], whole.members[3]
	if header.major != cborBytes || open.major != cborMap || len(open.members) > 0 || payload.major != cborBytes || signature.major != cborBytes {
		return nil, errors.New("parts of other types")
	}
	content, err := decodeCBOR(payload.octets)
	if err != nil {
		return nil, err
	}
	stamp := content.member("timestamp")
	if stamp.major != cborUnsigned || stamp.number == 0 {
		return nil, errors.New("no time")
	}
	made := time.UnixMilli(int64(stamp.number)).Unix()
	found := checks{}
	chain, err := nitroChain(content)
	if err != nil {
		found.note("chain", err)
		return found, nil
	}
	found.note("chain", checkChain(chain, in.Roots, made))
	found.note("signature", nitroSignature(header.octets, payload.octets, signature.octets, chain[0]))
	found.note("current", checkChain(chain, in.Roots, in.AsOf))
	return found, nil
}

func nitroChain(content item) ([]*x509.Certificate, error) {
	own := content.member("certificate")
	bundle := content.member("cabundle")
	if own.major != cborBytes || bundle.major != cborList || len(bundle.members) == 0 {
		return nil, errors.New("no certificates")
	}
	var chain []*x509.Certificate
	// Documents have the root first.
	for _, each := range append([]item{own}, reversed(bundle.members)...) {
		certificate, err := x509.ParseCertificate(each.octets)
		if err != nil {
			return nil, err
		}
		chain = append(chain, certificate)
	}
	return chain, nil
}

func reversed(items []item) []item {
	turned := slices.Clone(items)
	slices.Reverse(turned)
	return turned
}

func nitroSignature(header, payload, signature []byte, signer *x509.Certificate) error {
	// {1: -35}: ES384.
	if !bytes.Equal(header, []byte{0xa1, 0x01, 0x38, 0x22}) {
		return errors.New("another algorithm")
	}
	if signer.IsCA || !isSigner(signer) {
		return errors.New("a key that may not sign documents")
	}
	signed := append([]byte{0x84, 0x6a}, "Signature1"...)
	signed = append(append(signed, cborHead(cborBytes, len(header))...), header...)
	signed = append(signed, 0x40)
	signed = append(append(signed, cborHead(cborBytes, len(payload))...), payload...)
	return signedBy(signer.PublicKey, elliptic.P384(), signed, signature)
}
