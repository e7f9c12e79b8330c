// The stage whose rights the recorded calls are held against: with everything that a laptop can be started with. Replies are a little older than they
// can be, so that rotations take their leases.
import { WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { type DeployedStage, readStage } from '../../lambda/local/laptop/deployed-stage.ts'
import { laptopConfig } from '../../lambda/local/laptop/deployment.ts'

export const recordedConfig = (): Readonly<Record<string, unknown>> =>
  laptopConfig({
    hasVendClient: true,
    hasProjectSecret: true,
    hasAdoptionProof: true,
    extraPrefixes: ['legacy/'],
    bounds: { ...WITHOUT_LAG, staleLabelsMs: 1 },
  })

export const recordedStage = (): Promise<DeployedStage> => readStage(recordedConfig())
