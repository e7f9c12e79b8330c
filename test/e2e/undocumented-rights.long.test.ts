// The main path with the rights of the template, under each value of what IAM leaves undocumented: whichever AWS does, nobody is denied what
// their part of it takes.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import { type Cli, openCli } from './cli.ts'
import { mainPath } from './main-path.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

type Undocumented = Pick<AwsSettings, 'absentStage' | 'rotationLambdaArnKey' | 'multiValuedSource' | 'publicPolicy'>

/** Beside the defaults, under which the other tests run. */
const others: Undocumented = {
  absentStage: 'current',
  rotationLambdaArnKey: 'filled',
  multiValuedSource: 'lenient',
  publicPolicy: 'fixedValues',
}

const each = Object.entries(others).map(([name, value]): Partial<Undocumented> => ({ [name]: value }))

describe.each([...each, others])('with %j, a client', (undocumented) => {
  let cli: Cli
  beforeAll(async () => {
    cli = await openCli(undocumented, { hasVendClient: true })
  })
  afterAll(() => cli.close())

  for (const { title, run } of mainPath(() => cli, 'orders')) test(title, run)

  test('has come through all of it without a call of a function being denied', () => {
    const { rights } = cli.laptop
    const denied = rights?.evaluations().filter(({ caller, decision }) => 'context' in caller && decision !== 'allowed')

    expect(cli.laptop.aws.settings()).toMatchObject(undocumented)
    expect(denied?.map(({ message }) => message)).toEqual([])
  })
})
