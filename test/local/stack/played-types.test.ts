// What the laptop plays of a template: every type of every configuration is played, or is on the list of those for which nothing stands.
import { expect, test } from 'vitest'
import { leftOutOf, notPlayed } from '../../../lambda/local/stack/players/all.ts'
import { everything } from '../../stack/everything.ts'
import { synthStack } from '../../stack/synth.ts'

const most = synthStack({
  ...everything,
  vendor: {
    ...everything.vendor,
    accountLogRole: 'create',
    webAclArn: 'arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/vendor/00000000-0000-4000-8000-000000000000',
  },
}).template()

test('these types of a template are left out, and no others', () => {
  expect(leftOutOf(most.toJSON())).toEqual([
    'AWS::ApiGateway::Account',
    'AWS::CloudWatch::Dashboard',
    'AWS::Logs::LogGroup',
    'AWS::Logs::MetricFilter',
    'AWS::Logs::QueryDefinition',
    'AWS::WAFv2::WebACLAssociation',
  ])
})

test('each says why', () => {
  for (const why of Object.values(notPlayed)) expect(why).toMatch(/\w{4}/)
})
