package main

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"unicode/utf8"
)

type nvidiaInput struct {
	Evidence []byte
	// CertificateChain is PEM.
	CertificateChain []byte
	Nonce            []byte
	AsOf             int64
	Roots            []root
}

// judgeNVIDIA checks a request and a response of SPDM 1.1 (DMTF DSP0274 §10.11), side by side, with the signature over both at the end.
func judgeNVIDIA(in nvidiaInput) (checks, error) {
	spdm := reader{rest: in.Evidence}
	request := spdm.take(4)
	nonce := spdm.take(32)
	slot := spdm.take(1)
	response := spdm.take(3)
	answered := spdm.take(1)
	count := int(spdm.number(1))
	record := reader{rest: spdm.take(int(spdm.number(3)))}
	spdm.take(32)
	spdm.take(int(spdm.number(2)))
	end := len(in.Evidence) - len(spdm.rest)
	signature := spdm.take(96)
	for index := 1; index <= count; index++ {
		if head := record.take(7); !bytes.Equal(head, []byte{byte(index), 1, 51, 0, head[4] & 3, 48, 0}) {
			return nil, errors.New("a measurement of another form")
		}
		record.take(48)
	}
	known := bytes.Equal(request, []byte{0x11, 0xe0, 1, 0xff}) && bytes.Equal(response, []byte{0x11, 0x60, 0}) &&
		slot[0] < 8 && answered[0] == slot[0] && count > 0
	if !known || spdm.failed || len(spdm.rest) > 0 || record.failed || len(record.rest) > 0 {
		return nil, errors.New("not a request and its response")
	}
	if !utf8.Valid(in.CertificateChain) {
		return nil, errors.New("a chain that is no text")
	}
	chain, err := parsePEM(string(in.CertificateChain))
	if err != nil {
		return nil, err
	}
	found := checks{}
	found.note("chain", deviceChain(chain, in))
	found.note("signature", signedBy(chain[0].PublicKey, elliptic.P384(), in.Evidence[:end], signature))
	if bytes.Equal(nonce, in.Nonce) {
		found.note("nonce", nil)
	} else {
		found.note("nonce", errors.New("another nonce"))
	}
	return found, nil
}

func deviceChain(chain []*x509.Certificate, in nvidiaInput) error {
	if len(chain) != 5 || chain[0].IsCA || !isSigner(chain[0]) {
		return errors.New("not the chain of a device")
	}
	return checkChain(chain, in.Roots, in.AsOf, "2.23.133.5.4.1", "2.23.133.5.4.1.1")
}
