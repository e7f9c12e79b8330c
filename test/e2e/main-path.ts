// What a stage is for, from a client's registration on, by those who may: an operator at the command line, a service that has tokens vended,
// and break-glass where that alone may. For laptops that differ in something else, such as their rights or what their functions run.
import { LambdaClient } from '@aws-sdk/client-lambda'
import { expect, vi } from 'vitest'
import { createCampaignExecutions } from '../../lambda/adapters/aws/campaign-executions.ts'
import { createTokenClient } from '../../lambda/client/index.ts'
import { credentialsOf as keyOf, type Person } from '../../lambda/local/iam/people.ts'
import type { Cli, Ran } from './cli.ts'

const HOUR_MS = 3_600_000
const SCOPE = 'read:things'
const PATIENCE_MS = 120_000

export interface Step {
  readonly title: string
  run(): Promise<void>
}

/** By the name that AWS knows its caller by. */
export const asWho = (cli: Cli, as: Person, args: readonly string[], stdin = ''): Promise<Ran> =>
  cli.run(args, { as, stdin, env: { M2M_OPERATOR: '' } })

/** @throws with what the command said, unless it has succeeded */
export const succeed = async (cli: Cli, as: Person, args: readonly string[], stdin = ''): Promise<Ran> => {
  const ran = await asWho(cli, as, args, stdin)
  expect(ran.code, `m2m ${args.join(' ')}\n${ran.stderr}${ran.stdout}`).toBe(0)
  return ran
}

/** The client's own id and secret under AWSCURRENT. */
export const credentialsOf = (cli: Cli, name: string): readonly [id: string, secret: string] => {
  const held = cli.laptop.aws.peek(`m2m/laptop/${name}`)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
  const { client_id: id = '', client_secret: secret = '' } = JSON.parse(held?.value ?? '{}') as Record<string, string>
  return [id, secret]
}

/** By an operator, of one secret. */
export const startCampaign = async (cli: Cli, name: string, secretName: string): Promise<void> => {
  const { aws: endpoint, region } = cli.laptop.address
  const lambda = new LambdaClient({ endpoint, region, credentials: keyOf('operator') })
  await createCampaignExecutions(lambda, 'm2m-laptop-campaign').start(name, {
    intent: 'rotate',
    selector: { secretNames: [secretName] },
    reason: 'a change of all',
    requestedBy: 'ada',
  })
  lambda.destroy()
}

/** @param cliOf once it is open. @param name the client that is registered */
export const mainPath = (cliOf: () => Cli, name: string): readonly Step[] => {
  const accepts = (...values: readonly [string, string]): boolean => cliOf().laptop.stytch.accepts(...values)
  const operator = (...args: readonly string[]): Promise<Ran> => succeed(cliOf(), 'operator', args)
  const breakGlass = (...args: readonly string[]): Promise<Ran> => succeed(cliOf(), 'break-glass', args)
  const credentials = (): readonly [string, string] => credentialsOf(cliOf(), name)

  const vend = () => {
    const { vend: url, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = cliOf().laptop.address
    // It keeps nothing: every call is a vend.
    const client = createTokenClient({
      ...{ url, region, credentials: { accessKeyId, secretAccessKey }, patienceMs: 0, timeoutMs: 60_000 },
    })
    return client.token({ client: name, scopes: [SCOPE] })
  }

  return [
    {
      title: 'is registered, and Stytch accepts its value',
      run: async () => {
        cliOf().file(`${name}.yaml`, `clients:\n  - { name: ${name}, description: On its way, scopes: ["${SCOPE}"] }\n`)
        await operator('apply', `${name}.yaml`, '--yes')
        await cliOf().laptop.aws.idle()
        expect(accepts(...credentials())).toBe(true)
      },
    },
    {
      title: 'is vended a token',
      run: async () => {
        expect((await vend()).scopes).toEqual([SCOPE])
      },
    },
    {
      title: 'is rotated with both values accepted, and settled',
      run: async () => {
        const before = credentials()
        await operator('rotate', name, '--wait', '--yes')
        expect([accepts(...before), accepts(...credentials())]).toEqual([true, true])
        await operator('settle', name, '--wait', '--yes')
        expect([accepts(...before), accepts(...credentials())]).toEqual([false, true])
      },
    },
    {
      title: 'is put on hold, which refuses a rotation, and released',
      run: async () => {
        await operator('hold', name)
        expect((await asWho(cliOf(), 'operator', ['rotate', name, '--yes'])).code).toBe(4)
        await operator('release', name)
      },
    },
    {
      title: 'is revoked when it leaks, to a signed proof that its old value is dead',
      run: async () => {
        const leaked = credentials()
        const id = `INC-${name}`
        const ran = await operator('incident', name, '--id', id, '--reason', 'a leak', '--wait', '--json')
        // By the bus, and not by what the caller may do himself.
        expect(ran.stderr).not.toContain('carried out from here')
        expect(ran.json()).toMatchObject({
          outcome: 'dead',
          clients: [{ name: `m2m/laptop/${name}`, outcome: 'dead', proof: { signed: true } }],
        })
        expect([accepts(...leaked), accepts(...credentials())]).toEqual([false, true])
        await cliOf().laptop.aws.idle()
        expect((await operator('incident', 'show', id, '--json')).json()).toMatchObject({ unproven: [] })
        expect((await vend()).scopes).toEqual([SCOPE])
      },
    },
    {
      title: 'is drilled beside it, and nothing is left of the drill',
      run: async () => {
        await operator('drill', '--yes', '--no-notice')
        expect(
          cliOf()
            .laptop.aws.peekAll()
            .filter(({ name: one }) => one.includes('/drill-')),
        ).toEqual([])
      },
    },
    {
      title: 'is switched off and on by break-glass',
      run: async () => {
        await breakGlass('deactivate', name, '--yes')
        expect(accepts(...credentials())).toBe(false)
        await breakGlass('activate', name, '--yes')
        expect(accepts(...credentials())).toBe(true)
      },
    },
    {
      // Last, since it moves the laptop's clock, and the commands have their own.
      title: 'is rotated and settled by a campaign',
      run: async () => {
        const { aws, world } = cliOf().laptop
        const before = credentials()
        await startCampaign(cliOf(), `campaign-${name}`, `m2m/laptop/${name}`)
        const execution = () => aws.durableExecutions().find(({ input }) => input.name === `campaign-${name}`)
        const isOver = (): boolean => {
          const waits = execution()
            ?.operations()
            .some((one) => one.name === 'overlap' && one.status === 'STARTED')
          if (waits === true) world.clock.advance(HOUR_MS)
          return execution()?.status() === 'SUCCEEDED'
        }
        await vi.waitUntil(isOver, { timeout: PATIENCE_MS, interval: 250 })
        await aws.idle()
        expect((await operator('campaign', 'list')).stdout).toContain(`campaign-${name}`)
        expect([accepts(...before), accepts(...credentials())]).toEqual([false, true])
      },
    },
  ]
}
