// The laptop in place of Stytch and AWS, for `--against-laptop` and for the tests: addresses and credentials, and nothing else, so that a rehearsal
// goes the way of a run against the services. It shows that the checks work and that nothing is left behind; it shows nothing about the services.
import { type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import type { Credentials } from './place.ts'
import { type Pace, rehearsalPace } from './run.ts'
import type { LiveSettings } from './settings.ts'

const ELSEWHERE = 'eu-north-1'
const REPLICA_LAG_MS = 400

export interface Rehearsal {
  readonly laptop: Laptop
  readonly settings: LiveSettings
  readonly credentials: Credentials
  readonly accountId: string
  readonly pace: Pace
  close(): Promise<void>
}

export const startRehearsal = async (onLog: (line: string) => void): Promise<Rehearsal> => {
  // The checks make functions and roles of their own, as an administrator does, and the laptop knows the rights of its template's alone.
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, hasRights: false, onLog })
  const { address } = laptop
  // So that there is something to see.
  laptop.aws.configure({ replicaLagMs: REPLICA_LAG_MS })
  const { organizationId, connectionId } = laptop.stytch.scim.seed()
  return {
    laptop,
    settings: {
      projectId: address.project_id,
      projectSecret: address.project_secret,
      region: address.region,
      replicaRegion: ELSEWHERE,
      awsEndpoint: address.aws,
      stytchUrl: address.stytch,
      scimConnection: `${organizationId}/${connectionId}`,
    },
    credentials: { accessKeyId: 'admin', secretAccessKey: 'x' },
    accountId: address.account_id,
    pace: rehearsalPace,
    close: () => laptop.close(),
  }
}
