// Members of a JSON text are replaced in place: everything else stays byte for byte.
import { describe, expect, test } from 'vitest'
import { replaceMembers } from '../../../lambda/core/secret/json-members.ts'

describe('replacing members', () => {
  test.each([
    ['{"a":"1","b":"2"}', '{"a":"new","b":"2"}'],
    [
      '{ "b" : 1.0,\n\t"a" : "1" , "c":12345678901234567890 }\n',
      '{ "b" : 1.0,\n\t"a" : "new" , "c":12345678901234567890 }\n',
    ],
    ['{"n":{"a":"inner"},"a":"1","l":["a",{"a":2}]}', '{"n":{"a":"inner"},"a":"new","l":["a",{"a":2}]}'],
    ['{"x":"a\\":\\"q","a":"\\u0041\\\\"}', '{"x":"a\\":\\"q","a":"new"}'],
    ['{"\\u0061":"1"}', '{"\\u0061":"new"}'],
    ['{"a":"1","a":"2"}', '{"a":"new","a":"new"}'],
    ['{"a":{"deep":[1,2,{"a":3}]},"b":null}', '{"a":"new","b":null}'],
    ['{"a":[]}', '{"a":"new"}'],
    ['{}', '{}'],
    ['{"b":"a"}', '{"b":"a"}'],
    ['{"s":"}],:{[","a":"1"}', '{"s":"}],:{[","a":"new"}'],
  ])('%s', (text, expected) => {
    expect(replaceMembers(text, { a: 'new' })).toBe(expected)
  })

  test('writes what JSON escapes, and several at once', () => {
    const written = replaceMembers('{"a":1,"b":2,"c":3}', { c: 'q"\n', a: '$&' })

    expect(written).toBe('{"a":"$&","b":2,"c":"q\\"\\n"}')
  })
})
