// What Board and Pocket show of the bank. All of it is set as text, never as HTML: what somebody else wrote must not
// become a part of the page.
export const byId = (id) => document.getElementById(id)

/** Shows one of the elements with these ids, and hides the others. */
export const showOnly = (shown, ids) => ids.forEach((id) => { byId(id).hidden = id !== shown })

/** Fills the table. The names of the kinds of accounts stand in the page, in its language. */
export function showAccounts(accounts) {
  const table = byId('accounts')
  const cell = (text, name = '') => Object.assign(document.createElement('td'), { textContent: text, className: name })
  const rows = accounts.map(({ kind, number, balance }) => {
    const row = document.createElement('tr')
    row.append(cell(table.dataset[kind] ?? kind), cell(number), cell(`¥${balance.toLocaleString('en')}`, 'amount'))
    return row
  })
  table.tBodies[0].replaceChildren(...rows)
  table.hidden = false
}

/** Lists what the user allowed. */
export function showScope(scopes) {
  byId('scope').replaceChildren(...scopes.map((scope) => {
    const item = document.createElement('li')
    item.append(Object.assign(document.createElement('code'), { textContent: scope }))
    return item
  }))
}
