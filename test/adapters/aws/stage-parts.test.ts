// What the sweep asks of the stage's parts, byte by byte as AWS's references have the calls, and what counts as which answer. No stand-in plays these
// four reads, so that replies are written here as AWS documents them.
import { describe, expect, test } from 'vitest'
import type { AwsRequest } from '../../../lambda/adapters/aws/request-signer.ts'
import type { SignedReply } from '../../../lambda/adapters/aws/signed-call.ts'
import {
  createKeyPart,
  createRulePart,
  createSchedulePart,
  createSubscriptionPart,
} from '../../../lambda/adapters/aws/stage-parts.ts'

const KEY = 'arn:aws:kms:eu-west-1:111111111111:key/1234'
const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:m2m-test-alarms'

const replying = (...replies: readonly (Partial<SignedReply> | Error)[]) => {
  const left = [...replies]
  const sent: AwsRequest[] = []
  const sending = {
    wait: async () => {},
    call: async (request: AwsRequest): Promise<SignedReply> => {
      sent.push(request)
      const reply = left.shift() ?? new Error('none left')
      if (reply instanceof Error) throw reply
      return { status: 200, headers: {}, body: '', ...reply }
    },
  }
  return { sending, sent }
}
const json = (body: object, status = 200): Partial<SignedReply> => ({ status, body: JSON.stringify(body) })
const list = (...arns: readonly string[]): Partial<SignedReply> => ({
  body: `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListSubscriptionsByTopicResult><Subscriptions>${arns
    .map(
      (arn) => `<member><Owner>1</Owner><Protocol>email</Protocol><SubscriptionArn>${arn}</SubscriptionArn></member>`,
    )
    .join('')}</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
})

type Replying = ReturnType<typeof replying>
const parts = {
  schedule: ({ sending }: Replying) => createSchedulePart(sending, 'm2m-test-campaign', 'campaignMissing'),
  rule: ({ sending }: Replying) => createRulePart(sending, 'm2m-test|Evidence', 'm2m-test'),
  key: ({ sending }: Replying) => createKeyPart(sending, KEY),
  topic: ({ sending }: Replying) => createSubscriptionPart(sending, TOPIC),
}

describe('each part', () => {
  test('is asked for by one read', async () => {
    const requests = []
    for (const part of Object.values(parts)) {
      const place = replying(json({}))
      await part(place).ask()
      requests.push(...place.sent)
    }

    expect(requests).toMatchObject([
      { method: 'GET', path: '/schedules/m2m-test-campaign', query: { groupName: 'default' } },
      {
        headers: { 'x-amz-target': 'AWSEvents.DescribeRule' },
        body: '{"Name":"Evidence","EventBusName":"m2m-test"}',
      },
      { headers: { 'x-amz-target': 'TrentService.DescribeKey' }, body: `{"KeyId":"${KEY}"}` },
      {
        path: '/',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `Action=ListSubscriptionsByTopic&Version=2010-03-31&TopicArn=${encodeURIComponent(TOPIC)}`,
      },
    ])
  })

  test.each<[keyof typeof parts, Partial<SignedReply>, object]>([
    ['schedule', json({ State: 'ENABLED' }), { is: 'well' }],
    ['schedule', json({ State: 'DISABLED' }), { is: 'broken', why: 'it is DISABLED' }],
    [
      'schedule',
      { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException:http://x' }, body: '{"Message":"no"}' },
      { is: 'broken', why: 'it does not exist' },
    ],
    ['rule', json({ State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' }), { is: 'well' }],
    ['rule', json({ State: 'DISABLED' }), { is: 'broken' }],
    ['rule', json({ __type: 'ResourceNotFoundException' }, 400), { is: 'broken', why: 'it does not exist' }],
    ['key', json({ KeyMetadata: { KeyState: 'Enabled' } }), { is: 'well' }],
    ['key', json({ KeyMetadata: { KeyState: 'PendingDeletion' } }), { is: 'broken', why: 'it is PendingDeletion' }],
    ['key', json({ __type: 'NotFoundException' }, 400), { is: 'broken' }],
    [
      'key',
      json({ __type: 'AccessDeniedException' }, 400),
      { is: 'unclear', why: 'it cannot be asked for (AccessDeniedException)' },
    ],
    ['topic', list('arn:aws:sns:eu-west-1:111111111111:m2m-test-alarms:1'), { is: 'well' }],
    ['topic', list('PendingConfirmation'), { is: 'broken', why: '1 of 1 subscriptions are not confirmed' }],
    ['topic', list(), { is: 'broken', why: 'nobody is subscribed' }],
    [
      'topic',
      { status: 403, body: '<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>' },
      { is: 'unclear', why: 'it cannot be asked for (AuthorizationError)' },
    ],
    ['topic', { body: '<html>' }, { is: 'unclear' }],
    ['schedule', { body: '<html>' }, { is: 'unclear' }],
  ])('%s: %j', async (part, reply, expected) => {
    expect(await parts[part](replying(reply)).ask()).toMatchObject(expected)
  })

  test.each(Object.entries(parts))('that does not answer is asked twice, and unclear: %s', async (_name, part) => {
    const silent = replying(json({ __type: 'ThrottlingException' }, 400), new Error('ECONNRESET'))

    expect(await part(silent).ask()).toMatchObject({ is: 'unclear', why: expect.stringMatching(/^no answer/) })
    expect(silent.sent).toHaveLength(2)
  })
})
