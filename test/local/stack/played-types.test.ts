// What the laptop plays of a template: every type of every configuration is played, or is on the list of those for which nothing stands.
import { expect, test } from 'vitest'
import type { StackHost } from '../../../lambda/local/stack/host.ts'
import { playerOf } from '../../../lambda/local/stack/player.ts'
import { leftOutOf, notPlayed, stackPlayers } from '../../../lambda/local/stack/players/all.ts'
import { fieldsOf } from '../../../lambda/local/stand-in/fields.ts'
import { everything } from '../../stack/everything.ts'
import { synthStack } from '../../stack/synth.ts'

const webAcl = 'arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/vendor/00000000-0000-4000-8000-000000000000'

/** What one configuration cannot have at once: an intake behind the account's own web ACL, and behind one that is made. */
const most = [
  { ...everything, vendor: { ...everything.vendor, accountLogRole: 'create', webAclArn: webAcl } },
  {
    ...everything,
    incidents: {
      ...everything.incidents,
      intake: { ...everything.incidents.intake, requestsPerAddress: 300, detectorAddresses: ['192.30.252.0/22'] },
    },
    evidence: { objectLock: 'compliance' },
  },
].map((config) => synthStack(config).template().toJSON())

const typesOf = (template: unknown): readonly string[] =>
  Object.values(fieldsOf(fieldsOf(template).Resources)).map((one) => String(fieldsOf(one).Type))

test('these types of a template are left out, and no others are on the list', () => {
  const leftOut = [...new Set(most.flatMap(leftOutOf))].sort()

  expect(leftOut).toEqual([
    'AWS::ApiGateway::Account',
    'AWS::CloudWatch::Dashboard',
    'AWS::Logs::LogGroup',
    'AWS::Logs::MetricFilter',
    'AWS::Logs::QueryDefinition',
    'AWS::WAFv2::IPSet',
    'AWS::WAFv2::WebACL',
    'AWS::WAFv2::WebACLAssociation',
  ])
  expect(Object.keys(notPlayed).sort()).toEqual(leftOut)
})

test('every type of every configuration is played, or on the list of those that are not', () => {
  const place = { name: 'm2m-prod', account: '111111111111', region: 'eu-west-1' }
  // What deploys looks up players by type alone, and calls none before it knows all of them.
  const players = stackPlayers({ place } as StackHost)
  const strange = new Set(
    most.flatMap(typesOf).filter((type) => playerOf(players, type) === undefined && !(type in notPlayed)),
  )

  expect([...strange]).toEqual([])
})

test('each says why', () => {
  for (const why of Object.values(notPlayed)) expect(why).toMatch(/\w{4}/)
})
