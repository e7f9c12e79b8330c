// Each promise about the token vendor's bad days has its test: the page names the file, this list the title.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

/** Promise, file, title. */
const proofs = [
  [
    'services that start together are asked to retry, and all get a token',
    'test/client/start-together.long.test.ts',
    'services that start at once all have a token',
  ],
  [
    "API Gateway's own failures say when to retry",
    'test/stack/vendor.test.ts',
    'in the shape of the vendor’s own, with when to come back',
  ],
  [
    'a second after a revoke is proven, nothing is vended that a verifier refuses',
    'test/core/vend/published-list.test.ts',
    'is given no token that was issued before, from a second after the list says so',
  ],
  [
    'a refused token is replaced by a newer one',
    'test/client/token-client.test.ts',
    'that was refused is replaced by one that was issued later',
  ],
  [
    'a vendor that hangs delays no verified request',
    'test/client/revocations.test.ts',
    'answers a thousand requests without a wait while the vendor hangs, and asks it again seldom',
  ],
  [
    'verifiers and callers have limits of their own',
    'test/local/vend-front/throttling.test.ts',
    'keeps apart what a route of its own limit takes',
  ],
  [
    'a client that Stytch refuses has its tokens dropped',
    'test/core/vend/vend-token.test.ts',
    'buys nothing more, and after a minute of refusals what it bought is not served either',
  ],
  [
    'a client that was switched off gets no token',
    'test/core/vend/published-list.test.ts',
    'and switched off is given none, whatever Stytch would mint',
  ],
  [
    "known keys hold while Stytch's cannot be read",
    'test/client/verify.test.ts',
    'nothing, for hours, when known keys cannot be read again',
  ],
  [
    'tokens are vended through an outage of Secrets Manager',
    'test/core/vend/vend-token.test.ts',
    'holds for ten minutes while nothing answers, and a token is served; then none is',
  ],
  [
    'a token is kept as long as it lives, whatever the clock says',
    'test/client/token-client.test.ts',
    'is kept as long as it lives by a clock that is %i minutes off',
  ],
  [
    'a request for a longer-lived token does not wait for one that needs less',
    'test/client/token-client.test.ts',
    'for who wants more life left is not waited for with who wants less',
  ],
  [
    'a token that was requested before a refusal is not kept',
    'test/client/token-client.test.ts',
    'that was asked for before another was refused is not kept',
  ],
  [
    'a good token is served to its last second, and replaced before that',
    'test/client/token-client.test.ts',
    'is served until its last second while the vendor does not answer: %i ms',
  ],
  [
    '`retry-after` is remembered',
    'test/client/token-client.test.ts',
    'that says when to come back is waited for, by everybody, if there is time for it',
  ],
  [
    'an authorizer refuses an event without a method',
    'test/client/authorizer.test.ts',
    'an event that names no method',
  ],
  [
    'an unsigned date is refused',
    'test/local/vend-front/signature.test.ts',
    'does not hold where %s is sent and not signed',
  ],
  ['names with a dot are vended', 'test/core/vend/read-vend-event.test.ts', 'that is %j is one'],
  ['the samples run as they stand', 'test/docs/vending-samples.long.test.ts', 'the Python sample gets a token'],
  [
    'the Lambda example does not take 429 or 503 for a refusal, and keeps its token',
    'test/docs/consumers.long.test.ts',
    'the Lambda’s cache lives through a rotation, a settle and a revoke',
  ],
  [
    "AWS's own caching clients can be made to read again",
    'test/docs/caches.test.ts',
    'of %s, the call that reads again is named: %s',
  ],
  [
    'the same, against a stand-in',
    'test/docs/consumers.long.test.ts',
    'Powertools answers from memory after a revoke, and reads again when it is made to',
  ],
] as const

const page = readFileSync(join(repository, 'docs/guarantees.md'), 'utf8')
const section = page.split('## The token vendor on a bad day')[1]?.split('\n## ')[0] ?? ''

test('the page has these promises and no other', () => {
  const promised = [...section.matchAll(/^\| (.+) \| `(test\/.+)` \|$/gm)].map(([, promise, file]) => [promise, file])

  expect(promised).toEqual(proofs.map(([promise, file]) => [promise, file]))
  expect(section.match(/^\|/gm)).toHaveLength(proofs.length + 2)
})

test.each(proofs)('%s: %s', (_promise, file, title) => {
  expect(readFileSync(join(repository, file), 'utf8')).toContain(title)
})
