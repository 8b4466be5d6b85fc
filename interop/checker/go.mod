module countersign.invalid/interop/checker

go 1.25.0

require (
	filippo.io/edwards25519 v1.1.0
	filippo.io/mldsa v1.0.0
)
