// How a caller names a function: `name`, `name:alias`, or an ARN with or without a qualifier.

export interface FunctionTarget {
  /** Unqualified. */
  readonly functionArn: string
  /** An alias or a version. */
  readonly qualifier: string | undefined
}

/** @returns reads a caller's text. A function of another account is not played: whatever the ARN says, it is this one's. */
export const targetReader =
  (region: string, accountId: string) =>
  (text: string): FunctionTarget => {
    const parts = text.split(':')
    const isArn = parts[0] === 'arn'
    const name = isArn ? (parts[6] ?? '') : (parts[0] ?? '')
    const qualifier = isArn ? parts[7] : parts[1]
    return { functionArn: `arn:aws:lambda:${region}:${accountId}:function:${name}`, qualifier }
  }
