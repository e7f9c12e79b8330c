// docs/another-vendor.md, proven: a vendor that nobody here wrote the rotation for, added by one file, under the same crashes and faults.
import { createKeyringKind } from './keyring.ts'
import { testKind } from './kind-suite.ts'

testKind(createKeyringKind(), 12)
