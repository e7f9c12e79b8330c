// The command line: folders as cdk synth writes them, one line a finding, and the exit codes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runJudge } from '../../scripts/judge/main.ts'
import { resource } from './plant.ts'

const root = mkdtempSync(join(tmpdir(), 'm2m-judge-'))
afterAll(() => rmSync(root, { recursive: true }))

const folder = (name: string, Resources: object, environment = 'aws://111111111111/eu-west-1'): string => {
  const path = join(root, name)
  mkdirSync(path)
  const properties = { templateFile: 'S.template.json', stackName: 'm2m-prod' }
  const artifacts = { S: { type: 'aws:cloudformation:stack', environment, properties }, Tree: { type: 'cdk:tree' } }
  writeFileSync(join(path, 'manifest.json'), JSON.stringify({ artifacts }))
  writeFileSync(join(path, 'S.template.json'), JSON.stringify({ Resources }))
  return path
}

const log = (more: object = {}) => ({ Log: resource('AWS::Logs::LogGroup', { LogGroupName: 'm2m' }, more) })
const fn = (ReservedConcurrentExecutions: number) => ({
  Fn: resource('AWS::Lambda::Function', { ReservedConcurrentExecutions }),
})
const clean = folder('clean', log())
const faulty = folder('faulty', log({ DeletionPolicy: 'Retain' }))
const reserving = folder('reserving', fn(50))

const judged = async (...args: readonly string[]) => {
  const out: string[] = []
  const notes: string[] = []
  const code = await runJudge(
    args,
    (line) => out.push(line),
    (line) => notes.push(line),
  )
  return { code, out, notes: notes.join('\n') }
}

describe('npm run judge', () => {
  test('exits with 0 and prints nothing to stdout without findings', async () => {
    expect(await judged(clean)).toMatchObject({ code: 0, out: [] })
  })

  test('exits with 1 and prints a line a finding, its rule first', async () => {
    const { code, out } = await judged(faulty)

    expect(code).toBe(1)
    expect(out).toEqual([expect.stringMatching(/^retained-named m2m-prod\/Log: m2m is retained/)])
  })

  test('judges several folders as stages side by side', async () => {
    const other = folder('other', log())

    expect((await judged(clean, other)).out).toEqual([expect.stringMatching(/^names m2m-prod\/Log: LogGroupName m2m/)])
  })

  test('compares with an older folder', async () => {
    const empty = folder('empty', {})

    expect((await judged(empty, '--against', clean)).out).toEqual([expect.stringMatching(/^upgrade m2m-prod\/Log: /)])
  })

  test("takes the account's quota, and says what is reserved", async () => {
    const { code, out, notes } = await judged(reserving, '--concurrency-quota', '149')

    expect(code).toBe(1)
    expect(out).toContainEqual(expect.stringMatching(/^concurrency .*must be 150, not 149/))
    expect(notes).toContain('111111111111/eu-west-1: 50 executions reserved; needs a quota of 150')
    expect((await judged(reserving, '--concurrency-quota', '150')).out).toEqual([])
  })

  test.each([
    ['without a folder', []],
    ['with an option that it does not know', [clean, '--fast']],
    ['with a quota that is no number', [clean, '--concurrency-quota', 'many']],
  ])('exits with 2 %s, and says what to type', async (_what, args) => {
    const { code, out, notes } = await judged(...args)

    expect(code).toBe(2)
    expect(out).toEqual([])
    expect(notes).toContain('Usage: npm run judge -- [options] CDK_OUT…')
  })

  test.each([
    ['a folder', [root]],
    ['an older folder', [clean, '--against', root]],
  ])('exits with 2 when %s holds no stack, and prints the error without the usage', async (_what, args) => {
    expect(await judged(...args)).toEqual({
      code: 2,
      out: [],
      notes: `${root} has no manifest.json: pass the folder that cdk synth writes.`,
    })
  })

  test('judges a stack whose account and Region the synthesis leaves open', async () => {
    const open = folder('open', log(), 'aws://unknown-account/unknown-region')

    expect((await judged(open)).code).toBe(0)
  })
})
