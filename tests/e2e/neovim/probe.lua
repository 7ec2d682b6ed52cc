-- Neovim drives fd-server as its user would: completion at a cursor, a quick fix on a `sorry`.
-- FD_SERVER_CMD: the server's command as JSON; FD_FILE: the file; FD_OUT: where the report goes.
local report = { steps = {} }
local function note(name, value) report.steps[name] = value end
local function finish(failure)
  report.failure = failure
  report.text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  local out = io.open(vim.env.FD_OUT, "w")
  out:write(vim.fn.json_encode(report))
  out:close()
  vim.cmd("qall!")
end

local function drive()
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.FD_FILE))
  vim.bo.filetype = "lean"
  local id = vim.lsp.start_client({
    name = "fd-server",
    cmd = vim.fn.json_decode(vim.env.FD_SERVER_CMD),
    root_dir = vim.fn.fnamemodify(vim.env.FD_FILE, ":h"),
    handlers = {
      ["fd/status"] = function() end,
      -- Neovim 0.7 stops everything for a question; nobody is there to answer it.
      ["window/showMessageRequest"] = function() return vim.NIL end,
    },
  })
  assert(id, "the server did not start")
  vim.lsp.buf_attach_client(0, id)
  local client = vim.lsp.get_client_by_id(id)
  assert(vim.wait(30000, function() return client.initialized end, 20), "not initialized")
  note("encoding", client.offset_encoding)
  note("code_action", client.server_capabilities.codeActionProvider ~= nil)

  -- Completion on the empty line, through Neovim's own conversion to menu entries.
  vim.o.virtualedit = "onemore" -- as in insert mode
  vim.api.nvim_win_set_cursor(0, { 2, 2 })
  local asked = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local menu, answer = {}, nil
  for _ = 1, 20 do
    answer = client.request_sync("textDocument/completion", asked, 30000, 0)
    assert(answer and not answer.err, vim.inspect(answer))
    menu = vim.lsp.util.text_document_completion_list_to_complete_items(answer.result, "")
    if #menu > 0 then break end
    vim.wait(500)
  end
  assert(#menu > 0, "no completion")
  note("completion", vim.tbl_map(function(item) return item.abbr end, menu))
  local item = menu[1].user_data.nvim.lsp.completion_item
  vim.lsp.util.apply_text_edits({ item.textEdit }, 0, client.offset_encoding)
  client.request_sync("workspace/executeCommand", item.command, 10000, 0)

  -- The quick fix on the `sorry`, by the same call that a key is bound to; the first entry is taken.
  vim.ui.select = function(items, _, choose)
    note("actions", vim.tbl_map(function(entry) return entry[2].title end, items))
    choose(items[1], 1)
  end
  local line = vim.fn.search("sorry", "w")
  assert(line > 0, "no sorry")
  for _ = 1, 20 do
    vim.lsp.buf.code_action({ diagnostics = {} })
    if vim.wait(3000, function()
      return vim.fn.search("\\<sorry\\>", "nw") == 0
    end, 20) then break end
  end
  note("filled", vim.fn.search("\\<sorry\\>", "nw") == 0)
  client.stop()
  vim.wait(5000, function() return client.is_stopped() end, 20)
  note("stopped", client.is_stopped())
end

local fine, failure = pcall(drive)
finish(not fine and failure or nil)
