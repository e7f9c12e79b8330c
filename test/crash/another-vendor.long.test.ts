// docs/another-vendor.md, proven: a vendor that nobody here wrote the rotation for, added by one file, under the same crashes and faults; and
// one whose secrets are a list, in one function with Stytch's kinds.
import { describe } from 'vitest'
import { createKeyringKind } from './keyring.ts'
import { createKeyringListKind } from './keyring-list.ts'
import { testKind } from './kind-suite.ts'

testKind(createKeyringKind(), 12)

describe('a vendor that keeps a list', () => {
  testKind(createKeyringListKind(), 12)
})
