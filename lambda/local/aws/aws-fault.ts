// AWS's errors as the stand-in throws them: a type name, a message and a status, turned into the wire's error body by
// protocol.ts alone. A message names parameters, labels and version ids; it never contains a secret's value.

export class AwsFault extends Error {
  /** AWS's error name, e.g. `ResourceNotFoundException`; the SDK makes its exception class from it. */
  readonly type: string
  readonly status: number
  /** What the error's body holds besides its type and message. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(type: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'AwsFault'
    this.type = type
    this.status = status
    this.members = members
  }
}

/** Secrets Manager answers 400, not 404, for what is not there. */
export const notFound = (message = "Secrets Manager can't find the specified secret."): AwsFault =>
  new AwsFault('ResourceNotFoundException', message)

/** A value that is wrong whatever the secret's state. */
export const invalidParameter = (message: string): AwsFault => new AwsFault('InvalidParameterException', message)

/** A request that the secret's present state forbids. */
export const invalidRequest = (message: string): AwsFault => new AwsFault('InvalidRequestException', message)

/** Version id or name already taken, with other content. */
export const alreadyExists = (message: string): AwsFault => new AwsFault('ResourceExistsException', message)

/** One of the service's own quantities is used up. */
export const limitExceeded = (message: string): AwsFault => new AwsFault('LimitExceededException', message)

/** What AWS's front end says of a request that breaks the API model, before the service has seen it. */
export const invalidInput = (message: string): AwsFault => new AwsFault('ValidationException', message)

/** Over a request quota. */
export const throttled = (): AwsFault => new AwsFault('ThrottlingException', 'Rate exceeded')

/** The service's own failure. */
export const internalError = (status = 500): AwsFault =>
  new AwsFault('InternalServiceError', 'An error occurred on the server side.', status)
