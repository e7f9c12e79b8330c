// The policies that the documents show to be pasted are the ones that the code makes, statement by statement; and the numbers beside them.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { consumersThatFit } from '../../lambda/core/clients/secret-policy.ts'
import { readerStatements, replicaKeyStatements, useStatements } from '../../lib/base/key-statements.ts'

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')

const shownIn = (name: string, what: string): unknown => {
  const found = new RegExp(`^\`\`\`json ${what}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page(name))?.[1]
  if (found === undefined) throw new Error(`docs/${name}.md shows no ${what}`)
  return JSON.parse(found)
}

const role = (part: string) => `arn:aws:iam::111111111111:role/m2m-prod-${part}-eu-west-1`
const trust = {
  partition: 'aws',
  region: 'eu-west-1',
  urlSuffix: 'amazonaws.com',
  account: '111111111111',
  secretNamePrefix: 'm2m/prod/',
  readerAccounts: ['222222222222'],
  writerRoleArns: [role('rotation')],
  creatorRoleArns: [role('registrar'), role('clients')],
}

/** docs/deploying.md is about the stage that ships. */
const inSandbox = (part: string) => role(part).replace('m2m-prod', 'm2m-sandbox')
const sandbox = {
  ...trust,
  secretNamePrefix: 'm2m/sandbox/',
  writerRoleArns: [inSandbox('rotation')],
  creatorRoleArns: [inSandbox('registrar'), inSandbox('clients')],
}

test('docs/deploying.md has one stage, which is the one that ships', () => {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))
  const named = [...page('deploying').matchAll(/\bm2m[-/](prod|sandbox)\b/g)].map(([, stage]) => stage)

  expect(named.length).toBeGreaterThan(20)
  expect(new Set(named)).toEqual(new Set([context.m2m.stage]))
  expect(page('deploying')).toContain(context.m2m.stytch.projectSecretName)
})

test('the owner of an existing key pastes what the stack’s own key says', () => {
  expect(shownIn('deploying', 'key-policy')).toEqual(useStatements(sandbox))
})

test('the owner of a replica’s key pastes what that Region needs', () => {
  expect(shownIn('deploying', 'replica-key-policy')).toEqual(replicaKeyStatements({ ...sandbox, region: 'eu-north-1' }))
})

test('a reader of another account pastes what grantRead writes', () => {
  const keyArn = 'arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab'

  expect(shownIn('multi-account', 'reader-policy')).toEqual({
    Version: '2012-10-17',
    Statement: readerStatements(trust, { secretName: 'm2m/prod/billing', keyArn }),
  })
})

test('as many readers fit as docs/limits.md says', () => {
  const consumers = Array.from(
    { length: 300 },
    (_, at) => `arn:aws:iam::111111111111:role/${`service-${at}-`.padEnd(40, 'x')}`,
  )
  const [own, readers] = [
    [role('rotation'), role('registrar')],
    [role('clients'), role('identify')],
  ]
  const breakGlass = 'arn:aws:iam::111111111111:role/break-glass'
  const fit = consumersThatFit('arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf', {
    readers: [...own, ...readers, breakGlass],
    changers: [...own, role('clients'), breakGlass],
    rotators: [role('sweep'), role('incident'), role('campaign')],
    consumers,
  })

  expect(page('limits')).toContain(`some 100 readers a client: ${fit} of this account with role names of 40 characters`)
})
