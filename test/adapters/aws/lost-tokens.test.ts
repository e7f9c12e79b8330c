// A paging token that Secrets Manager no longer takes, by the real SDK over HTTP: named as what it is, so that whoever lists begins anew.

import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const PREFIX = 'm2m/test/'
const place = useAws()

test('an expired paging token is LIST_TOKEN_LOST, and a list begun anew is whole', async () => {
  await fetch(`${place.origin()}/_stand-in/settings`, {
    method: 'POST',
    body: JSON.stringify({ pageTokenMs: 60_000 }),
  })
  const { secrets: client } = place.sdk()
  for (let at = 0; at < 101; at += 1) {
    await client.send(new CreateSecretCommand({ Name: `${PREFIX}${at}`, SecretString: 'any' }))
  }
  const secrets = createSecrets(client)
  const first = await secrets.list(PREFIX)
  expect(await secrets.list(PREFIX, { page: first.nextPage })).toMatchObject({ nextPage: undefined })

  place.world.clock.advance(60_000)

  await expect(secrets.list(PREFIX, { page: first.nextPage })).rejects.toMatchObject({
    code: 'LIST_TOKEN_LOST',
    retryable: false,
  })
  const anew = await secrets.list(PREFIX)
  expect((await secrets.list(PREFIX, { page: anew.nextPage })).secrets).toHaveLength(1)
}, 30_000)
