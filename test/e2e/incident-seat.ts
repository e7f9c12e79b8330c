// Three clients on the laptop and the command line beside them, for `m2m incident`. Not a test itself.
import { expect } from 'vitest'
import type { LaptopInput } from '../../lambda/local/laptop/laptop.ts'
import { LAPTOP_EVIDENCE } from '../fakes/laptop-names.ts'
import { type Cli, openCli } from './cli.ts'

const CLIENTS = `clients:
  - { name: alpha, description: First, scopes: [read:a], tags: { team: one } }
  - { name: beta, description: Second, scopes: [read:a], tags: { team: one } }
  - { name: gamma, description: Third, scopes: [read:b] }
`

export interface Reported {
  readonly incidentId: string
  readonly clients: readonly { readonly secretName: string; readonly state: string }[]
  readonly report: { readonly outcome: string }
}

export const createIncidentSeat = () => {
  let opened: Cli | undefined
  const cli = (): Cli => {
    if (opened === undefined) throw new Error('The seat is not open.')
    return opened
  }
  const peek = (name: string) => cli().laptop.aws.peek(`m2m/laptop/${name}`)
  const clientIdOf = (name: string): string => peek(name)?.tags['m2m:client-id'] ?? ''
  return {
    clientIdOf,
    open: async (more: Partial<LaptopInput> = {}): Promise<Cli> => {
      opened = await openCli({ asyncRetryMs: 200 }, more)
      opened.file('clients.yaml', CLIENTS)
      expect(await opened.run(['apply', 'clients.yaml', '--yes'])).toMatchObject({ code: 0 })
      await opened.laptop.aws.idle()
      return opened
    },
    /** Whatever came out is searched for secrets first. */
    close: async (): Promise<void> => {
      expect(cli().leaks()).toEqual([])
      await cli().close()
    },
    env: { M2M_EVIDENCE_BUCKET: LAPTOP_EVIDENCE },
    secretValue: (name: string, label = 'AWSCURRENT'): string => {
      const text = peek(name)?.versions.find(({ stages }) => stages.includes(label))?.value ?? '{}'
      return (JSON.parse(text) as { client_secret: string }).client_secret
    },
    isAccepted: (name: string, value: string): boolean => cli().laptop.stytch.accepts(clientIdOf(name), value),
  }
}
