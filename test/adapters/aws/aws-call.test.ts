// What becomes of an AWS client's error: a Fault that names the operation and AWS's error, and repeats AWS's words only when the
// request held no value and the words are AWS's own.
import { ResourceExistsException, SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { awsFault, isAwsError } from '../../../lambda/adapters/aws/aws-call.ts'

const call = { operation: 'PutSecretValue', subject: 'm2m/test/orders' }
const serviceError = (name: string, httpStatusCode: number | undefined, message = 'canary words') =>
  new SecretsManagerServiceException({
    name,
    message,
    $fault: httpStatusCode !== undefined && httpStatusCode < 500 ? 'client' : 'server',
    $metadata: { ...(httpStatusCode === undefined ? {} : { httpStatusCode }), requestId: 'request-1' },
  })

describe('the code', () => {
  const kinds = [
    ['AccessDeniedException', 400, 'SECRETS_MANAGER_REJECTED', false],
    ['ResourceNotFoundException', 400, 'SECRETS_MANAGER_REJECTED', false],
    ['InvalidRequestException', 400, 'SECRETS_MANAGER_REJECTED', false],
    ['ThrottlingException', 400, 'SECRETS_MANAGER_THROTTLED', true],
    ['Throttling', 400, 'SECRETS_MANAGER_THROTTLED', true],
    ['TooManyRequestsException', 429, 'SECRETS_MANAGER_THROTTLED', true],
    ['RequestLimitExceeded', 503, 'SECRETS_MANAGER_THROTTLED', true],
    ['InternalServiceError', 500, 'SECRETS_MANAGER_UNAVAILABLE', true],
    ['ServiceUnavailableException', 503, 'SECRETS_MANAGER_UNAVAILABLE', true],
    ['SomethingNew', undefined, 'SECRETS_MANAGER_UNAVAILABLE', true],
  ] as const

  test.each(kinds)('of %s (%s) is %s, to be retried: %s', (name, status, code, retryable) => {
    expect(awsFault(call, serviceError(name, status))).toMatchObject({ name: 'Fault', code, retryable })
  })

  test.each([
    ['an error of the network', Object.assign(new Error('canary connect'), { code: 'ECONNREFUSED' })],
    ['a timeout', Object.assign(new Error('canary'), { name: 'TimeoutError' })],
    [
      'an error of the parser, though the reply had a status',
      Object.assign(new SyntaxError('canary'), { $metadata: { httpStatusCode: 200 } }),
    ],
    ['what is no error at all', 'canary'],
    ['nothing', undefined],
  ])('of %s is that it was not available', (_what, error) => {
    const fault = awsFault(call, error)

    expect(fault).toMatchObject({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true })
    expect(fault.message).not.toContain('canary')
  })
})

describe('the message', () => {
  test('holds AWS’s own words, which name labels and rights, when no value was sent', () => {
    expect(
      awsFault({ operation: 'DescribeSecret', subject: 'm2m/test/orders' }, serviceError('AccessDeniedException', 400))
        .message,
    ).toBe(
      'Secrets Manager DescribeSecret on m2m/test/orders failed with AccessDeniedException: canary words, request request-1; retrying will not help.',
    )
  })

  test('leaves them out when a value was sent', () => {
    const fault = awsFault({ ...call, carriesValue: true }, serviceError('InvalidParameterException', 400))

    expect(fault.message).toBe(
      'Secrets Manager PutSecretValue on m2m/test/orders failed with InvalidParameterException, request request-1; retrying will not help.',
    )
  })

  test.each([500, 503])('leaves them out of a server’s error: %i', (status) => {
    expect(awsFault(call, serviceError('InternalServiceError', status)).message).not.toContain('canary')
  })

  test('no cause is kept, whose own printing would show what was left out', () => {
    expect('cause' in awsFault(call, serviceError('InvalidParameterException', 400))).toBe(false)
  })
})

test('an AWS error is known by its name', () => {
  const error = new ResourceExistsException({ message: 'there', $metadata: {} })

  expect([isAwsError(error, 'ResourceExistsException'), isAwsError(error, 'ResourceNotFoundException')]).toEqual([
    true,
    false,
  ])
  expect(isAwsError('ResourceExistsException', 'ResourceExistsException')).toBe(false)
})
