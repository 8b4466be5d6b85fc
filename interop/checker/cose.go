package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
)

const (
	maxReceipt = 1 << 14
	coseSign1  = 18
	eddsa      = -8
)

// The labels of headers and claims, and the kinds of proofs: RFC 9052 §3.1, RFC 9597, RFC 8392, RFC 9942; the size is Countersign's.
var (
	labelAlgorithm   = intLabel(1)
	labelCritical    = intLabel(2)
	labelKeyID       = intLabel(4)
	labelClaims      = intLabel(15)
	labelStructure   = intLabel(395)
	labelProofs      = intLabel(396)
	labelSize        = textLabel("countersign.tree-size")
	labelIssuer      = intLabel(1)
	labelInclusion   = intLabel(-1)
	labelConsistency = intLabel(-2)
)

var errCOSE = errors.New("not a COSE receipt")

type coseReceipt struct {
	header, signature []byte
	// origin and keyID are nil where they are not protected.
	origin, keyID []byte
	consistency   bool
	// first is the index, or the older size.
	first, size uint64
	hashes      [][]byte
}

func parseReceipt(octets []byte, context Context) (coseReceipt, error) {
	var receipt coseReceipt
	if len(octets) > maxReceipt {
		return receipt, errors.New("over 16 KiB")
	}
	loose := context.Unprotected
	whole, err := decodeCBOR(octets, loose)
	if err != nil {
		return receipt, err
	}
	if !whole.is(majorTag, coseSign1) || !whole.members[0].is(majorList, 4) {
		return receipt, errCOSE
	}
	parts := whole.members[0].members
	outside := parts[1]
	if parts[0].major != majorBytes || outside.major != majorMap || !parts[2].is(majorSimple, simpleNull) || parts[3].major != majorBytes {
		return receipt, errCOSE
	}
	receipt.header, receipt.signature = parts[0].octets, parts[3].octets
	if !loose && outside.number != 1 {
		return receipt, errCOSE
	}
	if err := receipt.readProof(outside, loose); err != nil {
		return receipt, err
	}
	header, err := decodeCBOR(receipt.header, loose)
	if err != nil {
		return receipt, err
	}
	return receipt, receipt.readHeader(header, outside, loose)
}

func (r *coseReceipt) readHeader(header, outside item, loose bool) error {
	if header.major != majorMap {
		return errCOSE
	}
	for i := 0; i < len(outside.members); i += 2 {
		label := outside.members[i]
		if _, both := header.get(label); both || label.same(labelCritical) {
			return errCOSE
		}
	}
	if _, critical := header.get(labelCritical); critical {
		return errCOSE
	}
	algorithm, _ := header.get(labelAlgorithm)
	structure, _ := header.get(labelStructure)
	// A label that is missing gives the zero item, which is the number 0.
	if !algorithm.same(intLabel(eddsa)) || !structure.same(intLabel(1)) {
		return errors.New("an unknown algorithm or structure")
	}
	claims, ok := header.get(labelClaims)
	if ok && claims.major != majorMap {
		return errCOSE
	}
	if issuer, ok := claims.get(labelIssuer); ok {
		if issuer.major != majorText {
			return errCOSE
		}
		r.origin = append([]byte{}, issuer.octets...)
	}
	if keyID, ok := header.get(labelKeyID); ok {
		if keyID.major != majorBytes {
			return errCOSE
		}
		r.keyID = append([]byte{}, keyID.octets...)
	}
	size, hasSize := header.get(labelSize)
	if hasSize && !size.is(majorUnsigned, r.size) {
		return errors.New("another size is protected")
	}
	if !loose && (r.origin == nil || r.keyID == nil || !hasSize) {
		return errors.New("origin, key id or size is not protected")
	}
	return nil
}

func (r *coseReceipt) readProof(outside item, loose bool) error {
	proofs, _ := outside.get(labelProofs)
	if !proofs.is(majorMap, 1) {
		return errCOSE
	}
	list, inclusion := proofs.get(labelInclusion)
	if !inclusion {
		list, r.consistency = proofs.get(labelConsistency)
	}
	if !list.is(majorList, 1) || list.members[0].major != majorBytes {
		return errCOSE
	}
	proof, err := decodeCBOR(list.members[0].octets, loose)
	if err != nil {
		return err
	}
	if !proof.is(majorList, 3) {
		return errCOSE
	}
	first, second, hashes := proof.members[0], proof.members[1], proof.members[2]
	if first.major != majorUnsigned || second.major != majorUnsigned || first.number > maxNumber || second.number > maxNumber {
		return errCOSE
	}
	r.size, r.first = first.number, second.number
	if r.consistency {
		r.size, r.first = second.number, first.number
	}
	if hashes.major != majorList || len(hashes.members) > maxProof {
		return errCOSE
	}
	r.hashes = [][]byte{}
	for _, hash := range hashes.members {
		if hash.major != majorBytes || len(hash.octets) != sha256.Size {
			return errCOSE
		}
		r.hashes = append(r.hashes, hash.octets)
	}
	return nil
}

func judgeReceipt(octets []byte, context Context) (any, error) {
	receipt, err := parseReceipt(octets, context)
	if err != nil {
		return nil, err
	}
	proof := object{"kind": "inclusion", "size": receipt.size, "index": receipt.first, "hashes": receipt.hashes}
	if receipt.consistency {
		proof = object{"kind": "consistency", "size": receipt.size, "oldSize": receipt.first, "hashes": receipt.hashes}
	}
	var origin any
	if receipt.origin != nil {
		origin = string(receipt.origin)
	}
	return object{
		"protectedHeader": receipt.header, "signature": receipt.signature, "origin": origin, "keyId": receipt.keyID, "proof": proof,
	}, nil
}

func judgeInclusion(octets []byte, context Context) (any, error) {
	receipt, err := parseReceipt(octets, context)
	if err != nil {
		return nil, err
	}
	if receipt.consistency || receipt.first >= receipt.size {
		return nil, errProof
	}
	leaf := sha256.Sum256(append([]byte{0}, context.Entry...))
	root, err := leadsTo(receipt.first, receipt.first+1, receipt.size, leaf[:], receipt.hashes)
	if err != nil {
		return nil, err
	}
	proven, err := receipt.verify(root, context)
	proven["index"] = receipt.first
	return proven, err
}

func judgeConsistency(octets []byte, context Context) (any, error) {
	receipt, err := parseReceipt(octets, context)
	if err != nil {
		return nil, err
	}
	if !receipt.consistency || receipt.first != context.OldSize || receipt.first == 0 || receipt.first > receipt.size {
		return nil, errProof
	}
	root, err := leadsTo(0, receipt.first, receipt.size, context.OldRoot, receipt.hashes)
	if err != nil {
		return nil, err
	}
	proven, err := receipt.verify(root, context)
	proven["oldSize"] = receipt.first
	return proven, err
}

// verify checks that the key in the context, the log's, has signed the root under the protected header: the Sig_structure of RFC 9052 §4.4.
func (r coseReceipt) verify(root []byte, context Context) (object, error) {
	keys, err := parseVkeys(context.Keys)
	if err != nil {
		panic(err)
	}
	log := keys[0]
	proven := object{"origin": log.name, "size": r.size, "root": root}
	if r.origin != nil && string(r.origin) != log.name {
		return proven, errors.New("another origin")
	}
	if r.keyID != nil && !bytes.Equal(r.keyID, []byte(log.label())) {
		return proven, errors.New("another key")
	}
	message := appendHead(nil, majorList, 4)
	message = appendString(message, majorText, []byte("Signature1"))
	message = appendString(message, majorBytes, r.header)
	message = appendString(message, majorBytes, nil)
	message = appendString(message, majorBytes, root)
	if !verifyEd25519(log.public, message, r.signature) {
		return proven, errors.New("a signature that does not verify")
	}
	return proven, nil
}
