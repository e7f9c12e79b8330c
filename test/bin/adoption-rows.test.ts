// What a CSV of adoptions may hold: names of clients and of the secrets that their values are copied from. Nothing that looks like a value
// passes, and what is refused is never repeated.
import { describe, expect, test } from 'vitest'
import { readAdoptionRows } from '../../bin/adopt/adoption-rows.ts'

const VALUE = 'NHQhc7ZqsXJVtgmN2MXr1etqsQrGAwJ-iBWNLKY7DzJj'
const read = (text: string, needsSource = true) => readAdoptionRows(text, 'old.csv', needsSource)
const faultOf = (text: string, needsSource = true): string => {
  try {
    read(text, needsSource)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

test('rows are read, quoted or not, with the columns in any order', () => {
  const text = `client_id,name,from_secret,description,readers,overlap,period
client-1,billing,legacy/billing,"Reads, and writes",arn:aws:iam::111111111111:role/a arn:aws:iam::111111111111:role/b,12h,14d
client-2,payroll,arn:aws:secretsmanager:eu-west-1:111111111111:secret:legacy-AbCdEf,,,,
`

  expect(read(text)).toEqual([
    {
      name: 'billing',
      clientId: 'client-1',
      fromSecret: 'legacy/billing',
      description: 'Reads, and writes',
      readers: ['arn:aws:iam::111111111111:role/a', 'arn:aws:iam::111111111111:role/b'],
      overlap: '12h',
      period: '14d',
    },
    {
      name: 'payroll',
      clientId: 'client-2',
      fromSecret: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:legacy-AbCdEf',
      description: '',
      readers: [],
      overlap: undefined,
      period: undefined,
    },
  ])
})

test('a value that is lost needs no source, when that was said', () => {
  expect(read('name,client_id\nbilling,client-1\n', false)).toHaveLength(1)
  expect(faultOf('name,client_id\nbilling,client-1\n')).toMatch(/row 1: from_secret is missing: .* --rotate/)
})

describe('whatever looks like a value', () => {
  test.each([
    ['a column of that name', `name,client_id,client_secret\nbilling,client-1,${VALUE}\n`],
    ['another name for it', `name,client_id,from_secret,Password\nbilling,client-1,legacy/x,${VALUE}\n`],
    ['no head at all', `billing,client-1,${VALUE}\n`],
  ])('is refused: %s', (_what, text) => {
    const fault = faultOf(text)

    expect(fault).toMatch(/looks like a value/)
    expect(fault).not.toContain(VALUE)
    expect(fault).not.toContain(VALUE.slice(0, 8))
  })

  test('in place of a secret’s name is refused, and not repeated', () => {
    const fault = faultOf(`name,client_id,from_secret\nbilling,client-1,${VALUE}\n`)

    expect(fault).toMatch(/row 1: from_secret looks like a value/)
    expect(fault).not.toContain(VALUE.slice(0, 8))
  })

  test('is not repeated where the CSV cannot be read', () => {
    expect(faultOf(`name,client_id\n"billing,${VALUE}\n`)).not.toContain(VALUE.slice(0, 8))
  })
})

test('every fault is told at once', () => {
  const fault = faultOf(`name,client_id,from_secret,overlap,period,readers
Billing,client-1,x,soon,1h,me
billing,client-1,x,,,
billing,,x,,,,more
`)

  for (const expected of [
    'row 1: name is malformed',
    'row 1: overlap is malformed',
    'row 1: period is shorter',
    'row 1: readers are malformed',
    'row 3: client_id is malformed',
    'row 3: has more cells',
    'row 2: client_id is the same as in row 1',
    'row 3: name is the same as in row 2',
  ]) {
    expect(fault).toContain(expected)
  }
})

test.each([
  ['name\nbilling\n', /no column client_id/],
  ['name,client_id,from_secret\n', /has no rows/],
  ['name,client_id,shoe\n', /unknown column: expected name, client_id, from_secret/],
])('%j is refused', (text, expected) => {
  expect(faultOf(text)).toMatch(expected)
})

describe('a secret that stays where it is', () => {
  const head = 'name,secret,fields,client_id,readers'

  test('is a row with its name and the names of its members', () => {
    const text = `${head}\nbilling,legacy/billing,client_id=id; client_secret=stytchSecret,,\n`

    expect(read(text)).toEqual([
      expect.objectContaining({
        name: 'billing',
        secret: 'legacy/billing',
        clientId: '',
        fields: { client_id: 'id', client_secret: 'stytchSecret' },
      }),
    ])
  })

  test('says every fault of its row at once, and repeats no cell', () => {
    const fault = faultOf(
      `${head},from_secret,description\nbill ing,legacy billing,secret=a,,,legacy/x,About\nb,${VALUE},client_id,,,,\n`,
    )

    for (const why of ['secret is malformed', 'name is malformed', 'both secret and from_secret', 'keeps its own']) {
      expect(fault).toContain(why)
    }
    expect(fault).toContain('field "secret" is unknown')
    expect(fault).toContain('field "malformed" is unknown')
    expect(fault).toContain('secret looks like a value')
    expect(fault).not.toContain(VALUE)
  })

  test('may stand beside rows that are copied, whose client is then needed', () => {
    expect(faultOf('name,secret,from_secret,client_id\na,legacy/a,,\nb,,legacy/b,\n')).toMatch(
      /row 2: client_id is malformed/,
    )
    expect(faultOf('name,secret,from_secret,client_id,fields\nb,,legacy/b,c,client_id=x\n')).toMatch(
      /fields go with secret/,
    )
  })
})
