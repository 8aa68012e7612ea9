import { expect, test } from 'bun:test'
import { couldName } from './principal-template.ts'

test.each([
  ['App::{sub}', true],
  ['App::let{sub}', true],
  ['App::{sub}rs', true],
  ['App::l{a}tt{b}s', true],
  ['User::{sub}', false],
  ['App::ci/{sub}', false],
  ['App::{sub}-ci', false],
  ['App::{sub}ter', false],
  ['App::{org}/{repository}', false],
])('an issuer that names %s could name App letters: %p', (template, could) => {
  expect(couldName(template, { type: 'App', id: 'letters' })).toBe(could)
})
