package main

// reader takes numbers with their lowest octet first from octets that a stranger has sent. What is not there is zeros, and failed.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(count int) []byte {
	if count < 0 || count > len(r.rest) {
		r.failed = true
		r.rest = nil
		return make([]byte, min(max(count, 0), 1<<10))
	}
	taken := r.rest[:count]
	r.rest = r.rest[count:]
	return taken
}

func (r *reader) number(octets int) uint64 {
	var sum uint64
	for place, octet := range r.take(octets) {
		sum |= uint64(octet) << (8 * place)
	}
	return sum
}
