// The clients function's settings on the laptop: as the stack would give them, for roles that need not exist there.
import { writeClientsEnv } from '../../env/clients.ts'
import type { StytchEnv } from '../../env/stytch.ts'

export interface ClientsPlace {
  readonly stytch: StytchEnv
  readonly secretNamePrefix: string
  readonly extraPrefixes?: readonly string[] | undefined
  readonly rotationFunctionArn: string
  readonly recordsTable: string
  readonly evidenceBucket: string
}

const ACCOUNT_ID = '000000000000'
const REGION = 'us-east-1'

const roleArn = (part: string): string => `arn:aws:iam::${ACCOUNT_ID}:role/m2m-laptop-${part}-${REGION}`

export const laptopClientsEnv = ({ recordsTable, ...place }: ClientsPlace): Record<string, string> =>
  writeClientsEnv({
    ...place,
    records: { table: recordsTable },
    readers: ['rotation', 'registrar', 'clients'].map(roleArn),
    changers: ['rotation', 'registrar', 'clients', 'deploy'].map(roleArn),
    rotators: ['sweep', 'campaign', 'incident'].map(roleArn),
    operators: ['operator'].map(roleArn),
    replicas: [],
    // The account of the readers in docs/cli.md.
    readerAccounts: ['111111111111'],
    // Twice the period, as the stack's defaults are (lib/config/deploy-config.ts).
    backstop: { everyDays: 60 },
    periodHours: 720,
    overlapHours: 24,
    // Daily, as the campaign's own setting (functions.ts).
    campaignEveryHours: 24,
    longestHoldHours: 168,
    sweepEveryMinutes: 15,
    handMadeSecrets: [],
  })
