// Every bench, by name, in the order in which they are run and shown.
import { benchAfterRevoke } from './after-revoke.ts'
import { benchBundles } from './bundles.ts'
import { benchCold } from './cold.ts'
import { benchCost } from './cost.ts'
import { benchIncident } from './incident.ts'
import type { Bench } from './report.ts'
import { benchRotation } from './rotation.ts'
import { benchScale } from './scale.ts'
import { benchStartTogether } from './start-together.ts'
import { benchVendor } from './vendor.ts'
import { benchVerifier } from './verifier.ts'

export const benches = {
  rotation: benchRotation,
  cold: benchCold,
  vendor: benchVendor,
  together: benchStartTogether,
  verifier: benchVerifier,
  revoked: benchAfterRevoke,
  incident: benchIncident,
  scale: benchScale,
  bundles: benchBundles,
  cost: benchCost,
} as const satisfies Readonly<Record<string, Bench>>

export const isBenchName = (name: string): name is keyof typeof benches => Object.hasOwn(benches, name)
