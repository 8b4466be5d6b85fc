module countersign.invalid/interop/evidence

go 1.25.0
