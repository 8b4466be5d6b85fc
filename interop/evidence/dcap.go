package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

type dcapInput struct {
	Quote []byte
	// Collateral is JSON, if there is any.
	Collateral []byte
	AsOf       int64
	Roots      []root
}

// quote is what stands in a quote of version 3, 4 or 5 (Intel SGX ECDSA QuoteLibReference DCAP API, appendix A; Intel TDX DCAP Quoting Library
// API, appendix 3).
type quote struct {
	signed, signature, key      []byte
	report, reportSignature     []byte
	authentication, certificate []byte
	certificateType             uint64
}

const enclaveReport = 384

func parseQuote(octets []byte) (quote, error) {
	var q quote
	r := &reader{rest: octets}
	version, keyType, tee := r.number(2), r.number(2), r.number(4)
	r.take(40)
	isTDX := tee == 0x81
	if version < 3 || version > 5 || keyType != 2 || tee != 0 && !isTDX || version == 3 && isTDX {
		return q, errors.New("another kind of quote")
	}
	length := enclaveReport
	if isTDX {
		length = 584
	}
	if version == 5 {
		form, stated := r.number(2), r.number(4)
		if form == 3 {
			length = 648
		}
		if isTDX != (form == 2 || form == 3) || !isTDX && form != 1 || stated != uint64(length) {
			return q, errors.New("a body of another kind")
		}
	}
	r.take(length)
	q.signed = octets[:len(octets)-len(r.rest)]
	data := &reader{rest: r.take(int(r.number(4)))}
	q.signature, q.key = data.take(64), data.take(64)
	if version > 3 && (data.number(2) != 6 || data.number(4) != uint64(len(data.rest))) {
		return q, errors.New("certification data of another kind")
	}
	q.report, q.reportSignature = data.take(enclaveReport), data.take(64)
	q.authentication = data.take(int(data.number(2)))
	q.certificateType = data.number(2)
	q.certificate = data.take(int(data.number(4)))
	if r.failed || data.failed || len(data.rest) > 0 {
		return q, errors.New("lengths that do not agree")
	}
	return q, nil
}

func judgeDCAP(in dcapInput) (checks, error) {
	q, err := parseQuote(in.Quote)
	if err != nil {
		return nil, err
	}
	found := checks{}
	found.note("quote-signature", signedByPoint(q.key, q.signed, q.signature))
	named := sha256.Sum256(slices.Concat(q.key, q.authentication))
	if bytes.Equal(q.report[320:], slices.Concat(named[:], make([]byte, 32))) {
		found.note("attestation-key", nil)
	} else {
		found.note("attestation-key", errors.New("the quoting enclave names another key"))
	}
	chain, err := processorChain(q)
	if err != nil {
		found.note("pck-chain", err)
		chain = nil
	} else {
		found.note("qe-report-signature", signedBy(chain[0].PublicKey, elliptic.P256(), q.report, q.reportSignature))
		err = isProcessorChain(chain)
		if err == nil {
			err = checkChain(chain, in.Roots, in.AsOf, "1.2.840.113741.1.13.1")
		}
		found.note("pck-chain", err)
	}
	if in.Collateral == nil {
		return found, nil
	}
	return found, judgeCollateral(found, in, chain)
}

// signedByPoint takes a key as the two coordinates of a point on P-256.
func signedByPoint(point, message, signature []byte) error {
	x, y := new(big.Int).SetBytes(point[:32]), new(big.Int).SetBytes(point[32:])
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append([]byte{4}, point...)); err != nil {
		return err
	}
	return signedBy(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, elliptic.P256(), message, signature)
}

func processorChain(q quote) ([]*x509.Certificate, error) {
	if q.certificateType != 5 {
		return nil, errors.New("no chain")
	}
	text := string(bytes.TrimSuffix(q.certificate, []byte{0}))
	end := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if !utf8.ValidString(text) || !strings.HasSuffix(end, "-----") {
		return nil, errors.New("a chain that ends otherwise")
	}
	chain, err := parsePEM(text)
	if err == nil && len(chain) != 3 {
		err = errors.New("not three certificates")
	}
	return chain, err
}

func isProcessorChain(chain []*x509.Certificate) error {
	leaf, authority := chain[0], chain[1].Subject.CommonName
	isAuthority := authority == "Intel SGX PCK Platform CA" || authority == "Intel SGX PCK Processor CA"
	if leaf.Subject.CommonName != "Intel SGX PCK Certificate" || leaf.IsCA || !isSigner(leaf) || !isAuthority {
		return errors.New("certificates of other roles")
	}
	return nil
}

// judgeCollateral judges who has signed what Intel publishes, given the chain of the processor, which is nil where it could not be read.
func judgeCollateral(found checks, in dcapInput, processor []*x509.Certificate) error {
	members := map[string]string{}
	if err := json.Unmarshal(in.Collateral, &members); err != nil || !utf8.Valid(in.Collateral) {
		return errors.New("no object of texts")
	}
	delete(members, "pck_certificate_chain")
	if len(members) != 9 {
		return errors.New("other members")
	}
	octets := map[string][]byte{}
	for _, name := range []string{"root_ca_crl", "pck_crl", "tcb_info_signature", "qe_identity_signature"} {
		value, err := hex.DecodeString(members[name])
		if err != nil || members[name] != strings.ToLower(members[name]) {
			return errors.New("no hexadecimal")
		}
		octets[name] = value
	}
	signers := [][]*x509.Certificate{}
	for member, name := range map[string]string{"tcb_info": "tcb-info", "qe_identity": "qe-identity"} {
		chain, err := signerChain(members[member+"_issuer_chain"], in)
		found.note(name+"-chain", err)
		if err == nil {
			err := signedBy(chain[0].PublicKey, elliptic.P256(), []byte(members[member]), octets[member+"_signature"])
			signers = append(signers, chain)
			found.note(name+"-signature", err)
		}
	}
	if processor != nil {
		found.note("revocation-chain", revocationChain(members["pck_crl_issuer_chain"], processor, in))
		found.note("pck-revocation", checkRevocation(octets["pck_crl"], processor[0], processor[1], in.AsOf))
		found.note("authority-revocation", checkRevocation(octets["root_ca_crl"], processor[1], processor[2], in.AsOf))
	}
	if len(signers) == 2 {
		first, second := signers[0], signers[1]
		err := checkRevocation(octets["root_ca_crl"], first[0], first[1], in.AsOf)
		if err == nil {
			err = checkRevocation(octets["root_ca_crl"], second[0], second[1], in.AsOf)
		}
		found.note("signer-revocation", err)
	}
	return nil
}

func signerChain(text string, in dcapInput) ([]*x509.Certificate, error) {
	chain, err := parsePEM(text)
	if err == nil {
		err = checkChain(chain, in.Roots, in.AsOf)
	}
	if err == nil && (len(chain) != 2 || chain[0].Subject.CommonName != "Intel SGX TCB Signing" || !isSigner(chain[0])) {
		err = errors.New("certificates of other roles")
	}
	return chain, err
}

// revocationChain sees whether the chain that came with the list is of the authority of the processor.
func revocationChain(text string, processor []*x509.Certificate, in dcapInput) error {
	chain, err := parsePEM(text)
	if err != nil {
		return err
	}
	own := processor[1]
	if !bytes.Equal(chain[0].RawSubjectPublicKeyInfo, own.RawSubjectPublicKeyInfo) || !bytes.Equal(chain[0].RawSubject, own.RawSubject) {
		return errors.New("the chain of another authority")
	}
	return checkChain(chain, in.Roots, in.AsOf)
}
