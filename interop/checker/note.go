package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"filippo.io/edwards25519"
	"filippo.io/mldsa"
)

const (
	typeEd25519       = 0x01
	typeCosignature   = 0x04
	typeMLDSA         = 0x06
	maxNote           = 1 << 20
	maxSignatures     = 100
	mldsaKeySize      = 1312
	mldsaSize         = 2420
	timestampSize     = 8
	maxNumber         = 1<<53 - 1
	signatureLineDash = "\u2014"
)

type vkey struct {
	name   string
	id     [4]byte
	kind   byte
	public []byte
}

func (key vkey) label() string { return fmt.Sprintf("%s+%x", key.name, key.id) }

// decode64 takes standard base64 with its padding, written in the one way that an encoder writes it.
func decode64(text string) ([]byte, error) {
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	// The decoder of the standard library skips newlines.
	if err != nil || base64.StdEncoding.EncodeToString(decoded) != text {
		return nil, errors.New("not base64")
	}
	return decoded, nil
}

func decodeHash(text string) ([]byte, error) {
	hash, err := decode64(text)
	if err == nil && len(hash) != sha256.Size {
		err = errors.New("not a hash")
	}
	return hash, err
}

// decodeNumber takes a decimal without leading zeros, up to the limit of the profile.
func decodeNumber(text string) (uint64, error) {
	if text == "" || len(text) > 16 || (len(text) > 1 && text[0] == '0') {
		return 0, errors.New("not a decimal")
	}
	var number uint64
	for _, digit := range []byte(text) {
		if digit < '0' || digit > '9' {
			return 0, errors.New("not a decimal")
		}
		number = number*10 + uint64(digit-'0')
	}
	if number > maxNumber {
		return 0, errors.New("over 2^53 - 1")
	}
	return number, nil
}

func checkName(name string) error {
	if name == "" || !utf8.ValidString(name) || strings.Contains(name, "+") {
		return errors.New("not a key name")
	}
	for _, letter := range name {
		if letter < 0x20 || unicode.IsSpace(letter) {
			return errors.New("not a key name")
		}
	}
	return nil
}

func parseVkey(text string) (vkey, error) {
	fields := strings.SplitN(text, "+", 3)
	if len(fields) != 3 {
		return vkey{}, errors.New("not three parts")
	}
	if err := checkName(fields[0]); err != nil {
		return vkey{}, err
	}
	material, err := decode64(fields[2])
	if err != nil || len(material) == 0 {
		return vkey{}, errors.New("no key material")
	}
	key := vkey{name: fields[0], kind: material[0], public: material[1:]}
	switch key.kind {
	case typeEd25519, typeCosignature:
		err = checkPoint(key.public)
	case typeMLDSA:
		if len(key.public) != mldsaKeySize {
			err = errors.New("not an ML-DSA-44 key")
		}
	default:
		err = errors.New("an unknown type")
	}
	if err != nil {
		return vkey{}, err
	}
	digest := sha256.Sum256(append([]byte(key.name+"\n"), material...))
	copy(key.id[:], digest[:])
	if hex.EncodeToString(key.id[:]) != fields[1] {
		return vkey{}, errors.New("another key id")
	}
	return key, nil
}

// orderMinusOne is the order of the prime-order group less one, in little-endian octets.
var orderMinusOne = [32]byte{
	0xec, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	31: 0x10,
}

// checkPoint refuses what is not the canonical encoding of a point of prime order.
func checkPoint(encoded []byte) error {
	bad := errors.New("not a sound Ed25519 key")
	if len(encoded) != ed25519.PublicKeySize {
		return bad
	}
	point, err := new(edwards25519.Point).SetBytes(encoded)
	if err != nil || !bytes.Equal(point.Bytes(), encoded) {
		return bad
	}
	identity := edwards25519.NewIdentityPoint()
	scalar, err := edwards25519.NewScalar().SetCanonicalBytes(orderMinusOne[:])
	if err != nil {
		return err
	}
	times := new(edwards25519.Point).ScalarMult(scalar, point)
	if point.Equal(identity) == 1 || times.Add(times, point).Equal(identity) != 1 {
		return bad
	}
	return nil
}

type signature struct {
	name  string
	id    [4]byte
	bytes []byte
}

func (s signature) value() object {
	return object{"name": s.name, "keyId": hex.EncodeToString(s.id[:]), "signature": s.bytes}
}

func values(signatures []signature) []object {
	list := make([]object, len(signatures))
	for i, each := range signatures {
		list[i] = each.value()
	}
	return list
}

func parseSignatureLine(text string) (signature, error) {
	rest, ok := strings.CutPrefix(text, signatureLineDash+" ")
	name, encoded, ok2 := strings.Cut(rest, " ")
	if !ok || !ok2 {
		return signature{}, errors.New("not a signature line")
	}
	if err := checkName(name); err != nil {
		return signature{}, err
	}
	decoded, err := decode64(encoded)
	if err != nil || len(decoded) < 5 {
		return signature{}, errors.New("no signature")
	}
	return signature{name: name, id: [4]byte(decoded[:4]), bytes: decoded[4:]}, nil
}

// parseSignatureLines takes one or more lines, each with its newline.
func parseSignatureLines(text string) ([]signature, error) {
	if !strings.HasSuffix(text, "\n") {
		return nil, errors.New("no final newline")
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > maxSignatures {
		return nil, errors.New("too many signatures")
	}
	var signatures []signature
	for _, text := range lines {
		parsed, err := parseSignatureLine(text)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, parsed)
	}
	return signatures, nil
}

type note struct {
	text       string
	signatures []signature
}

func parseNote(octets []byte) (note, error) {
	if len(octets) > maxNote {
		return note{}, errors.New("over 1 MiB")
	}
	if !utf8.Valid(octets) {
		return note{}, errNotUTF8
	}
	for _, octet := range octets {
		if octet < 0x20 && octet != '\n' {
			return note{}, errors.New("a control character")
		}
	}
	whole := string(octets)
	blank := strings.LastIndex(whole, "\n\n")
	if blank < 0 {
		return note{}, errors.New("no blank line")
	}
	signatures, err := parseSignatureLines(whole[blank+2:])
	return note{text: whole[:blank+1], signatures: signatures}, err
}

type checkpoint struct {
	origin string
	size   uint64
	root   []byte
}

// parseCheckpoint takes no extension lines: a rule of the profile.
func parseCheckpoint(text string) (checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return checkpoint{}, errors.New("not three lines")
	}
	size, err := decodeNumber(lines[1])
	if err != nil {
		return checkpoint{}, err
	}
	root, err := decodeHash(lines[2])
	return checkpoint{lines[0], size, root}, err
}

// verify gives the time that a signature states, or nil for one that states none.
func (key vkey) verify(text string, given []byte) (*uint64, error) {
	bad := errors.New("a signature that does not verify: " + key.label())
	if key.kind == typeEd25519 {
		if !verifyEd25519(key.public, []byte(text), given) {
			return nil, bad
		}
		return nil, nil
	}
	if len(given) < timestampSize {
		return nil, bad
	}
	time := binary.BigEndian.Uint64(given)
	given = given[timestampSize:]
	if time > maxNumber {
		return nil, bad
	}
	if key.kind == typeCosignature {
		message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
		if !verifyEd25519(key.public, []byte(message), given) {
			return nil, bad
		}
		return &time, nil
	}
	signed, err := parseCheckpoint(text)
	if err != nil || len(key.name) > 255 || len(signed.origin) > 255 || len(given) != mldsaSize {
		return nil, bad
	}
	message := []byte("subtree/v1\n\x00")
	message = append(append(message, byte(len(key.name))), key.name...)
	message = binary.BigEndian.AppendUint64(message, time)
	message = append(append(message, byte(len(signed.origin))), signed.origin...)
	message = binary.BigEndian.AppendUint64(message, 0)
	message = binary.BigEndian.AppendUint64(message, signed.size)
	message = append(message, signed.root...)
	public, err := mldsa.NewPublicKey(mldsa.MLDSA44(), key.public)
	if err != nil || mldsa.Verify(public, message, given, nil) != nil {
		return nil, bad
	}
	return &time, nil
}

// verifyEd25519 refuses an R that is the identity: a rule of the profile.
func verifyEd25519(public, message, given []byte) bool {
	if len(given) != ed25519.SignatureSize {
		return false
	}
	identity := edwards25519.NewIdentityPoint().Bytes()
	return !bytes.Equal(given[:32], identity) && ed25519.Verify(public, message, given)
}

func parseVkeys(texts []string) ([]vkey, error) {
	var keys []vkey
	for _, text := range texts {
		key, err := parseVkey(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func judgeVkey(text string) (any, error) {
	key, err := parseVkey(text)
	return object{"name": key.name, "type": key.kind, "id": hex.EncodeToString(key.id[:]), "publicKey": key.public}, err
}

func judgeSignatureLine(text string) (any, error) {
	parsed, err := parseSignatureLine(text)
	return parsed.value(), err
}

func judgeNote(octets []byte, _ Context) (any, error) {
	parsed, err := parseNote(octets)
	return object{"text": parsed.text, "signatures": values(parsed.signatures)}, err
}

func judgeVerified(octets []byte, context Context) (any, error) {
	keys, err := parseVkeys(context.Keys)
	if err != nil {
		panic(err)
	}
	parsed, err := parseNote(octets)
	if err != nil {
		return nil, err
	}
	times, unknown := map[int]*uint64{}, 0
	for _, given := range parsed.signatures {
		by := -1
		for i, key := range keys {
			if key.name == given.name && key.id == given.id {
				by = i
				break
			}
		}
		if by < 0 {
			unknown++
			continue
		}
		if _, twice := times[by]; twice {
			return nil, errors.New("two signatures by one key")
		}
		if times[by], err = keys[by].verify(parsed.text, given.bytes); err != nil {
			return nil, err
		}
	}
	verified := []object{}
	for i, key := range keys {
		if time, ok := times[i]; ok {
			verified = append(verified, object{"key": key.label(), "time": time})
		}
	}
	return object{"verified": verified, "unknown": unknown}, nil
}

func judgeCheckpoint(text string) (any, error) {
	parsed, err := parseCheckpoint(text)
	return object{"origin": parsed.origin, "size": parsed.size, "root": parsed.root}, err
}

func judgeCosignatures(text string) (any, error) {
	signatures, err := parseSignatureLines(text)
	return object{"signatures": values(signatures)}, err
}
