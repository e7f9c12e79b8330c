// A paging token that Secrets Manager no longer takes, by the real SDK over HTTP: named as what it is, so that whoever lists begins anew.

import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import { sweep } from '../../../lambda/core/sweep/sweep.ts'
import { createCallLog } from '../../fakes/call-log.ts'
import { createFakeEvents } from '../../fakes/fake-events.ts'
import { createFakeFreeze } from '../../fakes/fake-freeze.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { DAY_MS, ROTATION_FUNCTION } from '../../fakes/managed-secret.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const PREFIX = 'm2m/test/'
const TOKENS_LAST_MS = 60_000
const place = useAws()

beforeEach(async () => {
  const body = JSON.stringify({ pageTokenMs: TOKENS_LAST_MS })
  await fetch(`${place.origin()}/_stand-in/settings`, { method: 'POST', body })
  for (let at = 0; at < 101; at += 1) {
    await place.sdk().secrets.send(new CreateSecretCommand({ Name: `${PREFIX}${at}`, SecretString: 'any' }))
  }
}, 30_000)

test('an expired paging token is LIST_TOKEN_LOST, and a list begun anew is whole', async () => {
  const secrets = createSecrets(place.sdk().secrets)
  const first = await secrets.list(PREFIX)
  expect(await secrets.list(PREFIX, { page: first.nextPage })).toMatchObject({ nextPage: undefined })

  place.world.clock.advance(TOKENS_LAST_MS)

  await expect(secrets.list(PREFIX, { page: first.nextPage })).rejects.toMatchObject({
    code: 'LIST_TOKEN_LOST',
    retryable: false,
  })
  const anew = await secrets.list(PREFIX)
  expect((await secrets.list(PREFIX, { page: anew.nextPage })).secrets).toHaveLength(1)
})

test.each([
  ['once: the sweep sees all', 1, { seen: 101, isWhole: true, failed: 0 }],
  ['every time: it goes by what it saw', 100, { seen: 100, isWhole: false, failed: 0 }],
])('an expired paging token, %s', async (_what, times, expected) => {
  const secrets = createSecrets(place.sdk().secrets)
  const timing = createFakeTiming()
  timing.restart(300_000)
  let left = times
  const list: typeof secrets.list = async (prefix, query = {}) => {
    if (query.page !== undefined && left > 0) {
      left -= 1
      place.world.clock.advance(TOKENS_LAST_MS)
    }
    return secrets.list(prefix, query)
  }

  const summary = await sweep(
    {
      secrets: { ...secrets, list },
      steps: { ask: async () => 'failed' },
      freeze: createFakeFreeze(),
      records: noRecords,
      events: createFakeEvents(createCallLog()),
      timing,
      journal: createFakeJournal(),
      secretNamePrefix: PREFIX,
      rules: {
        rotationFunctionArn: ROTATION_FUNCTION,
        stage: { periodMs: 30 * DAY_MS, overlapMs: DAY_MS },
        sweepEveryMs: 900_000,
        longestHoldMs: 7 * DAY_MS,
      },
    },
    timing.now(),
  )

  expect(summary).toMatchObject(expected)
})
