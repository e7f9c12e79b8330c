// The first list of revocations, empty: a deployment's sweep writes it within its first quarter of an hour, and whoever tries things out on a
// laptop does not wait for that.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createPublication } from '../../adapters/aws/publication.ts'
import { createTiming } from '../../adapters/timing.ts'
import { publishRevocations } from '../../core/revocations/publish.ts'
import type { PublicationEnv } from '../../env/revocations.ts'

const PATIENCE_MS = 30_000

export const writeFirstList = async (place: {
  readonly aws: string
  readonly region: string
  /** Of the sweep, whose task it is. */
  readonly accessKeyId: string
  readonly publication: PublicationEnv
  readonly onLog: (line: string) => void
}): Promise<void> => {
  const { aws, region, accessKeyId, publication, onLog } = place
  const client = new SecretsManagerClient({
    endpoint: aws,
    region,
    credentials: { accessKeyId, secretAccessKey: 'laptop' },
  })
  const endpoints = { kmsEndpoint: aws, s3Endpoint: aws }
  const journal = { note: (entry: object) => onLog(JSON.stringify(entry)) }
  try {
    await publishRevocations(
      {
        publication: createPublication(client, { ...publication, ...endpoints }),
        timing: createTiming(() => PATIENCE_MS),
        journal,
      },
      { revoked: new Map() },
      { renews: true },
    )
  } finally {
    client.destroy()
  }
}
